"""Figures about units and people: members by kind, teams, contact points by field."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lianxin.ledger.figures import Asked, Column, Figure, declare
from lianxin.organizations.access import PEOPLE_VIEW, STANDING_VIEW
from lianxin.organizations.models import Designation, DesignationKind, Field, Membership, MembershipKind, Unit, UnitKind


def members(asked: Asked) -> QuerySet[Any]:
    """Party members; volunteers are counted by their teams."""
    held = Membership.objects.on(asked.day).filter(asked.within("unit__")).exclude(kind=MembershipKind.VOLUNTEER)
    return held.select_related("person", "unit").order_by("unit__path", "person__name", "pk")


def teams(asked: Asked) -> QuerySet[Any]:
    return Unit.objects.open_on(asked.day).filter(asked.within(), kind=UnitKind.TEAM).order_by("path")


def contact_points(asked: Asked) -> QuerySet[Any]:
    known = Designation.objects.known_at(asked.known_at).on(asked.day)
    points = known.filter(asked.within("unit__"), designation=DesignationKind.CONTACT_POINT)
    return points.select_related("unit").order_by("unit__path")


def address_of(unit: Unit) -> str:
    return reverse("unit", args=[unit.code])


MEMBERS = [(value, words) for value, words in MembershipKind.choices if value != MembershipKind.VOLUNTEER]

declare(
    Figure(
        "organizations.members",
        _("party members"),
        _("Memberships of branches that hold on the day. A person with two memberships counts in each."),
        members,
        (
            Column(_("Name"), lambda row: row.person.name),
            Column(_("Branch"), lambda row: row.unit.name, lambda row: address_of(row.unit)),
            Column(_("Since"), lambda row: row.since),
        ),
        PEOPLE_VIEW,
        by="kind",
        parts=MEMBERS,
    ),
    Figure(
        "organizations.contact_points",
        _("contact points"),
        _("Units designated as contact points on the day, by field."),
        contact_points,
        (
            Column(_("Unit"), lambda row: row.unit.name, lambda row: address_of(row.unit)),
            Column(_("Since"), lambda row: row.since),
        ),
        STANDING_VIEW,
        by="unit__field",
        parts=Field.choices,
    ),
    Figure(
        "organizations.teams",
        _("volunteer teams"),
        _("Units of the kind “team” that are open on the day."),
        teams,
        (Column(_("Team"), lambda unit: unit.name, address_of), Column(_("Since"), lambda unit: unit.opened_on)),
        STANDING_VIEW,
    ),
)
