"""What the address of a board may ask for."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from lianxin.home.choice import Choice
from lianxin.ledger import clock
from lianxin.organizations.models import Field
from lianxin.reminders.picture import BEHIND, IMPOSSIBLE, MET, ON_TRACK, UNKNOWN, UNMET
from lianxin.ui import dates

BUCKET_WORDS = {
    MET: _("met"),
    ON_TRACK: _("on track"),
    BEHIND: _("behind"),
    IMPOSSIBLE: _("can no longer be met"),
    UNMET: _("not met"),
    UNKNOWN: _("unknown"),
}


def month_words(day: date) -> str:
    """2026年12月 / Dec 2026."""
    return pgettext("month and year", "%(month)s %(year)s") % {"month": dates.month(day), "year": day.year}


LEVEL_WORDS = {"county": _("county level"), "township": _("township level"), "village": _("villages and communities")}


class ChoiceForm(forms.Form):
    """Of which day, known when, which part of the tree, which units."""

    as_of = forms.DateField(label=_("As it was on"), required=False)
    known_as_of = forms.DateField(label=_("As we knew it on"), required=False)
    unit = forms.CharField(max_length=32, required=False)
    field = forms.ChoiceField(label=_("Field"), choices=[("", _("all fields")), *Field.choices], required=False)
    level = forms.ChoiceField(label=_("Level"), choices=[("", _("all levels")), *LEVEL_WORDS.items()], required=False)
    scheme = forms.CharField(max_length=60, required=False)
    clause = forms.CharField(max_length=40, required=False)
    state = forms.ChoiceField(label=_("State"), choices=[("", _("all states")), *BUCKET_WORDS.items()], required=False)
    beneath = forms.ChoiceField(choices=[("", ""), ("direct", "")], required=False)
    alert = forms.ChoiceField(choices=[("", ""), ("due_soon", ""), ("overdue", "")], required=False)
    falling_due = forms.BooleanField(required=False)
    lacking = forms.BooleanField(required=False)
    month = forms.RegexField(r"[0-9]{4}-(0[1-9]|1[0-2])", required=False, strip=True, max_length=7)

    @property
    def chosen_fields(self) -> list[forms.BoundField]:
        """What stands among the filters of the board."""
        return [self[name] for name in ("field", "level", "state")]

    def choice(self, unit: str) -> Choice:
        """The choice asked for, as far as it can be understood; what cannot stands in `problems`."""
        asked = {name: value for name, value in self.cleaned_data.items() if value and name != "unit"}
        return Choice(unit, **asked)

    @property
    def problems(self) -> list[str]:
        """What could not be understood, in plain sentences."""
        return [str(error) for errors in self.errors.values() for error in errors]

    def _not_ahead(self, name: str) -> Any:
        day = self.cleaned_data[name]
        if day and day > clock.today():
            raise forms.ValidationError(_("%(day)s has not come yet. Choose today or an earlier day."), params={"day": day})
        return day

    def clean_as_of(self) -> Any:
        return self._not_ahead("as_of")

    def clean_known_as_of(self) -> Any:
        return self._not_ahead("known_as_of")
