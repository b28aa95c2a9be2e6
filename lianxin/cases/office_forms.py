"""What is typed in the county office: what a resident said on the phone; whether what is due is erased."""

from typing import Any

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lianxin.cases import actions
from lianxin.cases.errors import CaseError
from lianxin.cases.models import CaseStep, Verdict
from lianxin.cases.queries.calls import Call
from lianxin.cases.queries.erasures import Proposal
from lianxin.ledger.models import Entry
from lianxin.ledger.submissions import OnceForm, WordsField
from lianxin.organizations.models import Unit

NOBODY = "nobody"
STARS = [("", _("not said")), *((str(number), str(number)) for number in range(5, 0, -1))]


class CallForm(OnceForm):
    """What came of one call-back."""

    resident = forms.ChoiceField(label=_("Who was called"))
    outcome = forms.ChoiceField(
        label=_("Is it really solved?"),
        choices=[*Verdict.choices, (NOBODY, pgettext_lazy("call-back", "nobody was reached"))],
        widget=forms.RadioSelect,
    )
    stars = forms.ChoiceField(label=_("How satisfied, from 1 to 5"), choices=STARS, required=False)
    why = WordsField(label=_("In the resident's words"), required=False, help_text=_("Name no other residents."))

    def __init__(self, *args: Any, call: Call, **options: Any) -> None:
        super().__init__(*args, **options)
        self.call = call
        numbered = [(str(one.pk), _("resident %(number)s") % {"number": number}) for number, one in enumerate(call.residents, 1)]
        self.fields["resident"].choices = numbered  # type: ignore[attr-defined]  # of a choice field
        if len(numbered) == 1:
            self.fields["resident"].widget = forms.HiddenInput()
            self.fields["resident"].initial = numbered[0][0]

    def make(self, actor: AbstractBaseUser) -> Entry:
        """Record it; the entry it wrote."""
        told, drawn = self.cleaned_data, self.call.drawn
        if told["outcome"] == NOBODY:
            step: CaseStep = actions.call_in_vain(actor=actor, call_back=drawn, why=told["why"])
            return step.entry
        resident = next(one for one in self.call.residents if str(one.pk) == told["resident"])
        stars = int(told["stars"]) if told["stars"] else None
        step = actions.record_call_back(
            actor=actor, call_back=drawn, reporter=resident, verdict=told["outcome"], why=told["why"], stars=stars
        )
        return step.entry


class ProposalForm(OnceForm):
    """Nothing but the button: what is due is proposed."""

    def __init__(self, *args: Any, county: Unit, **options: Any) -> None:
        super().__init__(*args, **options)
        self.county = county

    def make(self, actor: AbstractBaseUser) -> Entry:
        return actions.propose_in_county(actor=actor, county=self.county)


class ErasureForm(OnceForm):
    """Yes or no to what somebody else proposed."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("carry_out", _("erase it for good")), ("decline", _("decline: keep it for now"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=_("Why?"), max_length=500, required=False, help_text=_("Needed to decline it."))

    def __init__(self, *args: Any, proposal: Proposal, **options: Any) -> None:
        super().__init__(*args, **options)
        self.proposal = proposal

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("decision") == "decline" and not self.cleaned_data.get("reason", "").strip():
            self.add_error("reason", CaseError("no_reason"))
        return self.cleaned_data

    def make(self, actor: AbstractBaseUser) -> Entry:
        erasure, county = self.proposal.erasure, self.proposal.county
        if self.cleaned_data["decision"] == "decline":
            reason = self.cleaned_data["reason"]
            return actions.decline_erasure(actor=actor, erasure=erasure, county=county, reason=reason)
        return actions.approve_in_county(actor=actor, erasure=erasure, county=county)
