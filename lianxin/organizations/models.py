"""The one tree of units, and who holds which post in it. Everything is dated; nothing is overwritten.

Days are half-open: `since` is the first day something holds, `until` the first day it no longer does (null: still holds).
`recorded_at`/`valid_to` say when we knew it, so that any past day can be seen as it was known then.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from lianxin.ledger.models import Batch, Entry, seen

LABEL_WIDTH = 7
"""Digits of one step of a path. Fixed, so that a subtree is a range: path >= p AND path < path_end(p)."""


def path_label(unit_id: int) -> str:
    return f"{unit_id:0{LABEL_WIDTH}d}"


def path_end(path: str) -> str:
    """The first path after the whole subtree of `path`."""
    return path + ":"  # ":" follows "9"


def subtree(path: str, prefix: str = "") -> Q:
    """The unit at that path and all beneath it, as a condition on `{prefix}path`."""
    return Q(**{f"{prefix}path__gte": path, f"{prefix}path__lt": path_end(path)})


def path_ids(path: str) -> list[int]:
    """Ids of the units a path passes through, from the root down."""
    return [int(path[at : at + LABEL_WIDTH]) for at in range(0, len(path), LABEL_WIDTH)]


def path_steps(path: str) -> list[str]:
    """Their paths, from the root down, the whole of it last. To look the units up, `path_ids` is sooner."""
    return [path[:end] for end in range(LABEL_WIDTH, len(path) + 1, LABEL_WIDTH)]


class UnitKind(models.TextChoices):
    COUNTY = "county", _("county")
    TOWNSHIP = "township", _("township")
    VILLAGE = "village", _("village")
    COMMUNITY = "community", _("community")
    GRID = "grid", _("grid")
    BUILDING = "building", _("building")
    COMMITTEE = "committee", _("party committee")
    GENERAL_BRANCH = "general_branch", _("general branch")
    BRANCH = "branch", _("branch")
    GROUP = "group", _("group")
    DEPARTMENT = "department", _("department")
    ENTERPRISE = "enterprise", _("enterprise")
    SOCIAL_ORG = "social_org", _("social organisation")
    TEAM = "team", _("team")
    CENTRE = "centre", _("centre")


class Field(models.TextChoices):
    """领域: what part of society a unit belongs to."""

    VILLAGE = "village", _("villages")
    COMMUNITY = "community", _("communities")
    GOVERNMENT = "government", _("government bodies")
    STATE_ENTERPRISE = "state_enterprise", _("state enterprises")
    PRIVATE = "private", _("private enterprises")
    SOCIAL_ORG = "social_org", _("social organisations")
    WINDOW = "window", _("service windows")


class DesignationKind(models.TextChoices):
    CONTACT_POINT = "contact_point", _("contact point")
    BENCHMARK = "benchmark", _("benchmark")
    WEAK = "weak", _("weak and slack")


class Title(models.TextChoices):
    """Posts. What each may do stands in access.py."""

    MEMBER = "member", _("member")
    TEAM_MEMBER = "team_member", _("team member")
    SECRETARY = "secretary", _("secretary")
    DEPUTY_SECRETARY = "deputy_secretary", _("deputy secretary")
    CLERK = "clerk", _("clerk")
    COMMITTEE_MEMBER = "committee_member", _("committee member")
    HEAD = "head", _("head of village or community")
    CONTACT_LEADER = "contact_leader", _("contact leader")
    TOWNSHIP_OFFICER = "township_officer", _("township officer")
    DEPARTMENT_HANDLER = "department_handler", _("department handler")
    COUNTY_OFFICER = "county_officer", _("county office")
    INSPECTOR = "inspector", _("inspector")
    AUDITOR = "auditor", _("auditor")
    ADMINISTRATOR = "administrator", _("administrator")


class MembershipKind(models.TextChoices):
    """Who a member is, in the words of the page."""

    RURAL = "rural", _("farmers and herders")
    EMPLOYED = "employed", _("employed members")
    AWAY = "away", _("members outside the county")
    VOLUNTEER = "volunteer", _("volunteer")


class DatedQuerySet(models.QuerySet[Any]):
    def on(self, day: date) -> Self:
        """Rows that hold on that local date."""
        return self.filter(Q(until=None) | Q(until__gt=day), since__lte=day)

    def known_at(self, instant: datetime) -> Self:
        """Rows as they were known at that instant (naive UTC)."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=instant), recorded_at__lte=instant)

    def known(self) -> Self:
        """Rows as they are known now."""
        return self.filter(valid_to=None)


class HeldQuerySet(models.QuerySet[Any]):
    """Posts and memberships."""

    def on(self, day: date) -> Self:
        """Rows that hold on that local date, imports still under way left out."""
        return self.filter(seen(), Q(until=None) | Q(until__gt=day), since__lte=day)


class UnitQuerySet(models.QuerySet["Unit"]):
    def open_on(self, day: date) -> Self:
        return self.filter(Q(closed_on=None) | Q(closed_on__gt=day), opened_on__lte=day)

    def beneath(self, *paths: str) -> Self:
        """Units in the subtrees of these paths, the roots included. No path: nothing."""
        scope = Q(pk__in=())
        for path in paths:
            scope |= subtree(path)
        return self.filter(scope)


class Unit(models.Model):
    """One node of the tree. Its columns say how it is known now; how it was stands in its placements."""

    code = models.CharField(max_length=32, unique=True)
    """Stable: the official division code where there is one."""
    name = models.CharField(max_length=120)
    initials = models.CharField(max_length=120, blank=True)
    """Pinyin initials of the name, for search."""
    kind = models.CharField(max_length=20, choices=UnitKind)
    field = models.CharField(max_length=20, choices=Field, blank=True)
    path = models.CharField(max_length=120, db_index=True)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True, blank=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(condition=Q(closed_on=None) | Q(closed_on__gt=F("opened_on")), name="unit_closed_after_opened")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        """What entries about it point at."""
        return f"organizations.unit:{self.pk}"

    @classmethod
    def spans_of(cls, ids: Collection[int]) -> Iterable[tuple[int, date, date | None, str]]:
        """(unit, since, until, path) of wherever these units stood, as known now. The ledger asks: it knows units only."""
        known: models.QuerySet[Placement] = Placement.objects.known().filter(unit__in=ids)
        return known.values_list("unit_id", "since", "until", "path")

    @property
    def depth(self) -> int:
        return len(self.path) // LABEL_WIDTH

    @property
    def ancestor_ids(self) -> list[int]:
        """Ids from the root down, this unit last."""
        return path_ids(self.path)

    @cached_property
    def ancestors(self) -> "list[Unit]":
        """The same as units, read once."""
        return list(Unit.objects.filter(pk__in=self.ancestor_ids).order_by("path"))

    def within(self, kind: UnitKind) -> "Unit | None":
        """The unit of that kind in which it lies, perhaps itself; of several the highest."""
        return next((unit for unit in self.ancestors if unit.kind == kind), None)


class Placement(models.Model):
    """How a unit stood in the tree over a span of days, and how it was called then."""

    append_only = True

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="placements")
    parent = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    path = models.CharField(max_length=120, db_index=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=UnitKind)
    field = models.CharField(max_length=20, choices=Field, blank=True)
    since = models.DateField()
    until = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    entry = models.ForeignKey(Entry, models.PROTECT, null=True, related_name="+")
    """The act that made it so (null: the founding act itself, which needs the placement to stand somewhere)."""

    objects = DatedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["unit", "since"], name="placement_unit_since")]

    def __str__(self) -> str:
        return f"{self.unit_id} under {self.parent_id} from {self.since}"


class Designation(models.Model):
    """A unit is a contact point, a benchmark, weak …, over a span of days."""

    append_only = True

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="designations")
    designation = models.CharField(max_length=20, choices=DesignationKind)
    since = models.DateField()
    until = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+")

    objects = DatedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["designation", "unit"], name="designation_kind_unit")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.designation} from {self.since}"


class Fact(models.Model):
    """What schemes may ask of a unit: `term_years`, `founded_on`, `groups`, `committee` …, over a span of days."""

    append_only = True

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="facts")
    key = models.CharField(max_length=40)
    value = models.CharField(max_length=80)
    """Canonical text: `5`, `2021-09-28`, `true`, `false`, or a word."""
    since = models.DateField()
    until = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+")

    objects = DatedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["key", "unit"], name="fact_key_unit")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.key}={self.value} from {self.since}"


class Person(models.Model):
    """A person, with the least data. The phone is sealed (people.py); nothing else personal is kept."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=60)
    initials = models.CharField(max_length=60, blank=True)
    birth_year = models.PositiveSmallIntegerField(null=True, blank=True)
    sealed_phone = models.BinaryField(null=True)
    phone_index = models.CharField(max_length=64, blank=True, db_index=True)
    """HMAC of the phone: finds the same number again without opening it."""
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="person")
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        return f"organizations.person:{self.pk}"


class Held(models.Model):
    """What a person holds at a unit over a span of days."""

    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, blank=True, related_name="+")

    objects = HeldQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def subject(self) -> str:
        """What entries about it point at: `organizations.post:12`."""
        return f"{self._meta.label_lower}:{self.pk}"

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


class Post(Held):
    """A person holds a title at a unit. Rights follow it and end with it, at once."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="posts")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts")
    title = models.CharField(max_length=24, choices=Title)

    class Meta:
        indexes = [models.Index(fields=["unit", "title"], name="post_unit_title")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.title} at {self.unit_id}"


class Membership(Held):
    """A person belongs to a unit: a branch, a team."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="memberships")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="memberships")
    kind = models.CharField(max_length=20, choices=MembershipKind)

    class Meta:
        indexes = [models.Index(fields=["unit", "kind"], name="membership_unit_kind")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind} of {self.unit_id}"


class ExportRequest(models.Model):
    """Somebody asks to take out more rows than one may alone; a second person of the county office decides."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="export_requests")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    table = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    address = models.CharField(max_length=500)
    """The page, filters and all, on which it was asked for and is fetched."""
    rows = models.PositiveIntegerField()
    requested_at = models.DateTimeField()
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+")
    """The act of asking; its reason stands beside it."""
    approved = models.BooleanField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.title
