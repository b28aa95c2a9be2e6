"""What people type about a gathering: at most five fields, and nothing that is known already."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from lianxin.gatherings import queries
from lianxin.gatherings.models import MOST_PRESENT, PLACE, WORDS, GatheringKind
from lianxin.ledger.submissions import DayField, OnceForm, ReasonField
from lianxin.organizations.access import AnyUser
from lianxin.organizations.models import Unit, UnitKind


class HeldForm(OnceForm):
    """When, about what, with how many, where."""

    day = DayField()
    topic = forms.CharField(label=_("What it was about"), max_length=WORDS)
    present = forms.IntegerField(
        label=_("How many came"),
        help_text=_("Leave empty if nobody counted."),
        min_value=1,
        max_value=MOST_PRESENT,
        required=False,
    )
    place = forms.CharField(label=_("Where, if elsewhere"), max_length=PLACE, required=False)

    beside: ClassVar[Mapping[str, str]] = {**OnceForm.beside, "no_topic": "topic", "wrong_unit": "what", "same_day": "another"}


class GatheringForm(HeldForm):
    """A gathering of a branch or one of its groups. Unit and kind are one choice: “group meeting · 第一党小组”."""

    what = forms.ChoiceField(label=_("What was held"))
    another = forms.BooleanField(label=_("Two were held on that day"), required=False, widget=forms.HiddenInput)

    field_order = ("what", "day", "topic", "present", "place", "another")

    def __init__(self, *args: Any, user: AnyUser, asked: Mapping[str, Any], **options: Any) -> None:
        super().__init__(*args, **options)
        self.units = queries.holders_for(user)
        self.branches = [unit for unit in self.units if unit.kind != UnitKind.GROUP]
        field = cast(forms.ChoiceField, self.fields["what"])
        field.choices = self._choices()
        field.initial = self._asked(str(asked.get("unit", "")), str(asked.get("kind", "")))

    def _choices(self) -> list[tuple[str, Any]]:
        """Plain where there is one branch; under the branches' names where there are several."""
        pairs = [(unit, kind) for unit, kind in queries.what_they_hold(self.units)]
        if len(self.branches) < 2:
            return [(_key(unit, kind), _words(unit, kind)) for unit, kind in pairs]
        return [(unit.name, [(_key(each, kind), str(kind.label)) for each, kind in pairs if each == unit]) for unit in self.units]

    def _asked(self, code: str, kind: str) -> str:
        """What the address asks for: a kind, and a unit or, for a group meeting, the branch above it."""
        held = [(unit, each) for unit, each in queries.what_they_hold(self.units) if each == kind or not kind]
        exact = [_key(unit, each) for unit, each in held if unit.code == code]
        if kind == GatheringKind.GROUP_MET and not exact:
            group = queries.group_in_need(self.units, code)
            exact = [_key(group, GatheringKind.GROUP_MET)] if group else []
        return next(iter(exact), _key(*held[0]) if held else "")

    @property
    def said(self) -> dict[str, Any]:
        """What `record_gathering` takes."""
        said = super().said
        kind, _at, code = said.pop("what").partition("@")
        return {**said, "unit": next(unit for unit in self.units if unit.code == code), "kind": kind}


class CorrectGatheringForm(HeldForm):
    """The same once more, with what stands filled in, and why."""

    kind = forms.ChoiceField(label=_("What was held"))
    reason = ReasonField(label=_("Why is it corrected?"))

    field_order = ("kind", "day", "topic", "present", "place", "reason")
    beside: ClassVar[Mapping[str, str]] = {**HeldForm.beside, "wrong_unit": "kind"}

    def __init__(self, *args: Any, page: queries.GatheringPage, **options: Any) -> None:
        last = page.newest.version
        stands = {"day": last.entry.happened_on, "topic": last.topic, "present": last.present, "place": last.place}
        self.held = queries.kind_of(last.entry)
        super().__init__(*args, **{"initial": {**stands, "kind": self.held.value}, **options})
        kinds = [kind for _unit, kind in queries.what_they_hold([page.gathering.unit])]
        cast(forms.ChoiceField, self.fields["kind"]).choices = [(kind.value, kind.label) for kind in kinds]
        if len(kinds) < 2:
            del self.fields["kind"]

    @property
    def said(self) -> dict[str, Any]:
        """What `correct_gathering` takes."""
        return {"kind": self.held, **super().said}


class JoinForm(OnceForm):
    """A partner unit confirms that it took part."""

    unit = forms.ChoiceField(label=_("Which of your units"))
    present = forms.IntegerField(label=_("How many of yours came"), min_value=1, max_value=MOST_PRESENT, required=False)

    def __init__(self, *args: Any, units: Sequence[Unit], **options: Any) -> None:
        super().__init__(*args, **options)
        self.units = units
        cast(forms.ChoiceField, self.fields["unit"]).choices = [(unit.code, unit.name) for unit in units]
        if len(units) == 1:
            del self.fields["unit"]

    @property
    def said(self) -> dict[str, Any]:
        """What `join_gathering` takes."""
        said = {"unit": self.units[0].code, **super().said}
        return {**said, "unit": next(unit for unit in self.units if unit.code == said["unit"])}


def _key(unit: Unit, kind: GatheringKind) -> str:
    return f"{kind.value}@{unit.code}"


def _words(unit: Unit, kind: GatheringKind) -> str:
    return f"{kind.label} · {unit.name}" if unit.kind == UnitKind.GROUP else str(kind.label)
