"""What people choose and type about the tree and its people."""

from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from lianxin.organizations.models import DesignationKind, Field, MembershipKind, Title, UnitKind
from lianxin.organizations.queries import LONGEST_SEARCH


class Filter(forms.Form):
    """Choices kept in the address. What it does not know, it leaves out."""

    def choices(self) -> dict[str, str]:
        """What was chosen, by name; only what is valid."""
        self.is_valid()
        return {name: str(value) for name, value in self.cleaned_data.items() if value}


def choice(label: Any, words: type[TextChoices], everything: Any) -> forms.ChoiceField:
    """A field of a filter: one of these words, or all."""
    return forms.ChoiceField(label=label, required=False, choices=[("", everything), *words.choices])


class UnitsFilter(Filter):
    kind = choice(_("Kind"), UnitKind, _("all kinds"))
    field = choice(_("Field"), Field, _("all fields"))
    designation = choice(_("Designation"), DesignationKind, _("with or without"))


class PeopleFilter(Filter):
    kind = choice(_("Membership"), MembershipKind, _("all"))
    title = choice(_("Post"), Title, _("all"))
    search = forms.CharField(label=_("Name or initials"), required=False, max_length=LONGEST_SEARCH)
