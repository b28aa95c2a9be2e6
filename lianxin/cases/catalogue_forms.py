"""What the county office types about a day of its own."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django import forms
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from lianxin.cases.queries import days
from lianxin.ledger.submissions import DAY_FORMATS, OnceForm, ReasonField
from lianxin.organizations.access import AnyUser

WORKS = {"no": False, "yes": True, "country": None}


class DayForm(OnceForm):
    """A day on which the county works or does not, other than the country's calendar says. Which county is asked only where there
    are several."""

    county = forms.ChoiceField(label=_("County"))
    day = forms.DateField(
        label=_("Day"), input_formats=DAY_FORMATS, widget=forms.DateInput(attrs={"type": "date"}, format=DAY_FORMATS[0])
    )
    works = forms.ChoiceField(
        label=_("On that day"),
        choices=[
            ("no", _("nobody works here")),
            ("yes", _("people work here")),
            ("country", _("as the country's calendar says")),
        ],
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label=_("What day it is"),
        max_length=60,
        required=False,
        help_text=_("For example Naadam. Needed for a day of the county's own."),
    )
    reason = ReasonField(required=False, help_text=_("Needed where a day goes back to the country's calendar."))

    beside: ClassVar[Mapping[str, str]] = {
        **OnceForm.beside,
        "day_outside": "day",
        "day_so_already": "works",
        "day_name": "name",
    }

    def __init__(self, *args: Any, user: AnyUser, asked: Mapping[str, str], **options: Any) -> None:
        self.counties = {county.code: county for county in days.settable(user)}
        if not self.counties:
            raise Http404
        chosen = self.counties.get(asked.get("county", "")) or next(iter(self.counties.values()))
        said = days.said_of_day(chosen, asked.get("day", ""))
        super().__init__(*args, **{"initial": {"county": chosen.code, **said}, **options})
        cast(forms.ChoiceField, self.fields["county"]).choices = [(code, one.name) for code, one in self.counties.items()]
        if len(self.counties) == 1:
            del self.fields["county"]
        self.only = chosen

    @property
    def said(self) -> dict[str, Any]:
        """What `set_day` takes."""
        said = super().said
        county = self.counties.get(said.get("county", ""), self.only)
        return {**said, "county": county, "works": WORKS[said["works"]]}
