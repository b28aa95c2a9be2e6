"""The forms by which the tree is changed: found, move, merge, close, rename a unit; designate it; set a fact."""

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lianxin.ledger.submissions import DayField
from lianxin.organizations import actions
from lianxin.organizations.access import TREE_CHANGE, units_for
from lianxin.organizations.act_forms import ActForm, why
from lianxin.organizations.models import Designation, DesignationKind, Field, Membership, Post, Unit, UnitKind, subtree
from lianxin.organizations.words import fact_value, fact_words

MOST_CANDIDATES = 400
CREDIT_STAYS = _("Nothing before %(day)s changes: work done until then stays credited where it was done.")


class TreeForm(ActForm):
    permission = TREE_CHANGE


class FoundUnit(TreeForm):
    heading = _("Found a unit beneath")
    button = _("Found it")
    action = actions.found_unit
    day_is = "since"
    follows = (_("%(name)s stands beneath %(parent)s from %(day)s on."),)

    name = forms.CharField(label=_("Unit name"), max_length=actions.LONGEST_NAME)
    kind = forms.ChoiceField(label=_("Kind"), choices=[])
    field = forms.ChoiceField(label=_("Field"), required=False, choices=[("", "–"), *Field.choices])
    code = forms.CharField(label=_("Code"), max_length=32, help_text=_("The official division code where there is one."))
    day = DayField(label=_("From which day on"))

    def prepare(self) -> None:
        cast(forms.ChoiceField, self.fields["kind"]).choices = [
            pair for pair in UnitKind.choices if pair[0] not in (UnitKind.COUNTY, self.unit.kind)
        ]
        self.fields["field"].initial = self.unit.field
        self.fields["code"].initial = self._free_code()

    def _free_code(self) -> str:
        taken = set(Unit.objects.filter(code__startswith=f"{self.unit.code}-").values_list("code", flat=True))
        return next(code for number in range(1, len(taken) + 2) if (code := f"{self.unit.code}-{number}") not in taken)

    @property
    def words(self) -> dict[str, object]:
        return {**super().words, "name": self.cleaned_data["name"], "parent": self.unit.name}

    @property
    def said(self) -> dict[str, Any]:
        said = super().said
        said["parent"] = said.pop("unit")
        return said


class UnitField(forms.CharField):
    """Another unit, by its name or its code; the form knows which are within reach (`OtherUnit.other`)."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"list": "candidates", "autocomplete": "off"})
        help_text = _("Its name or its code.")
        super().__init__(**{"max_length": actions.LONGEST_NAME, "help_text": help_text, "widget": widget, **options})


class OtherUnit(TreeForm):
    """An act that names a second unit, by code or by name."""

    def other(self, words: str) -> Unit:
        found = units_for(self.user, TREE_CHANGE).filter(Q(code=words) | Q(name=words), closed_on=None)[:4]
        units = list(found)
        if not units:
            raise ValidationError(gettext("No open unit within your reach has the name or code “%(found)s”.") % {"found": words})
        if len(units) > 1 and not any(unit.code == words for unit in units):
            codes = "、".join(unit.code for unit in units)
            raise ValidationError(gettext("Several units are called that. Write the code: %(codes)s.") % {"codes": codes})
        return next((unit for unit in units if unit.code == words), units[0])

    def like(self, kind: str) -> Sequence[tuple[str, str]]:
        units = units_for(self.user, TREE_CHANGE).filter(kind=kind, closed_on=None).exclude(pk=self.unit.pk)
        return list(units.order_by("code").values_list("code", "name")[:MOST_CANDIDATES])

    @property
    def words(self) -> dict[str, object]:
        """Also how much passes with the unit."""
        day: date = self.cleaned_data["day"]
        members = Membership.objects.on(day).filter(subtree(self.unit.path, "unit__")).values("person").distinct().count()
        units = Unit.objects.beneath(self.unit.path).filter(closed_on=None).exclude(pk=self.unit.pk).count()
        return {**super().words, "units": units, "members": members}


class MoveUnit(OtherUnit):
    heading = _("Move a unit")
    button = _("Move it")
    action = actions.move_unit
    follows = (
        _("%(unit)s stands beneath %(to)s from %(day)s on."),
        _("%(units)s units and %(members)s members move with it."),
        CREDIT_STAYS,
    )

    to = UnitField(label=_("Beneath which unit"))
    day = DayField(label=_("From which day on"))
    reason = why()

    @property
    def candidates(self) -> Sequence[tuple[str, str]]:
        above = Unit.objects.filter(pk__in=self.unit.ancestor_ids[-2:-1]).first()
        return self.like(above.kind) if above else ()

    def clean_to(self) -> Unit:
        return self.other(self.cleaned_data["to"])

    @property
    def words(self) -> dict[str, object]:
        return {**super().words, "to": self.cleaned_data["to"].name}


class MergeUnit(OtherUnit):
    heading = _("Merge a unit into another")
    button = _("Merge it")
    action = actions.merge_unit
    follows = (
        _("%(unit)s is closed from %(day)s on; %(posts)s posts there end."),
        _("%(units)s units and %(members)s members pass over to %(into)s."),
        CREDIT_STAYS,
    )

    into = UnitField(label=_("Into which unit"))
    day = DayField(label=_("From which day on"))
    reason = why()

    @property
    def candidates(self) -> Sequence[tuple[str, str]]:
        return self.like(self.unit.kind)

    def clean_into(self) -> Unit:
        return self.other(self.cleaned_data["into"])

    @property
    def words(self) -> dict[str, object]:
        posts = Post.objects.filter(lasting(self.cleaned_data["day"]), unit=self.unit).count()
        return {**super().words, "into": self.cleaned_data["into"].name, "posts": posts}


class CloseUnit(TreeForm):
    heading = _("Close a unit")
    button = _("Close it")
    action = actions.close_unit
    follows = (
        _("%(unit)s is closed from %(day)s on; it owes nothing after that day."),
        _("%(posts)s posts and %(members)s memberships end with it, and the rights that came with them."),
    )

    day = DayField(label=_("First day on which it is no longer there"))
    reason = why()

    @property
    def words(self) -> dict[str, object]:
        ending = lasting(self.cleaned_data["day"])
        posts, members = (rows.objects.filter(ending, unit=self.unit).count() for rows in (Post, Membership))
        return {**super().words, "posts": posts, "members": members}


class RenameUnit(TreeForm):
    heading = _("Rename a unit")
    button = _("Rename it")
    action = actions.rename_unit
    follows = (_("From %(day)s on it is called %(new)s; the days before keep %(old)s."),)

    name = forms.CharField(label=_("New name"), max_length=actions.LONGEST_NAME)
    day = DayField(label=_("From which day on"))
    reason = why()

    @property
    def words(self) -> dict[str, object]:
        return {**super().words, "old": self.unit.name, "new": self.cleaned_data["name"]}


class Designating(TreeForm):
    """An act about a designation."""

    @property
    def words(self) -> dict[str, object]:
        return {**super().words, "designation": DesignationKind(self.cleaned_data["designation"]).label}


class DesignateUnit(Designating):
    heading = _("Designate a unit")
    button = _("Designate it")
    action = actions.designate
    day_is = "since"
    follows = (_("From %(day)s on %(unit)s counts as %(designation)s, and owes what is asked of one."),)

    designation = forms.ChoiceField(label=_("Designated as"), choices=DesignationKind.choices, widget=forms.RadioSelect)
    day = DayField(label=_("From which day on"))


class EndDesignation(Designating):
    heading = _("End a designation")
    button = _("End it")
    action = actions.end_designation
    follows = (_("From %(day)s on %(unit)s no longer counts as %(designation)s; the days before stay as they were."),)

    designation = forms.ChoiceField(label=_("Which"), choices=DesignationKind.choices, widget=forms.RadioSelect)
    day = DayField(label=_("First day on which it no longer holds"))
    reason = why()

    def prepare(self) -> None:
        held = Designation.objects.known().filter(unit=self.unit, until=None).values_list("designation", flat=True)
        choices = [(word, DesignationKind(word).label) for word in dict.fromkeys(held)]
        self.fields["designation"].widget.choices = choices
        if len(choices) == 1:
            self.fields["designation"].initial = choices[0][0]


class SetFact(TreeForm):
    heading = _("Set a fact")
    button = _("Set it")
    action = actions.set_fact
    day_is = "since"
    follows = (_("From %(day)s on, %(fact)s: %(value)s. The days before keep what they had."),)

    key = forms.ChoiceField(label=_("Fact"), choices=[])
    value = forms.CharField(label=_("Value"), max_length=80, help_text=_("A whole number; for a day, write it as 2026-03-05."))
    day = DayField(label=_("From which day on"))

    def prepare(self) -> None:
        cast(forms.ChoiceField, self.fields["key"]).choices = [(key, fact_words(key)) for key in actions.FACTS]

    @property
    def words(self) -> dict[str, object]:
        said = self.cleaned_data
        return {**super().words, "fact": fact_words(said["key"]), "value": fact_value(said["value"])}


def lasting(day: date) -> Q:
    """Posts and memberships that go on to `day` or beyond."""
    return Q(until=None) | Q(until__gt=day)
