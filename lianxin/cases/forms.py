"""What people type about a case: one small form for each move, at most five fields, and nothing that is known already."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar, cast

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lianxin.cases import actions
from lianxin.cases.errors import CaseError
from lianxin.cases.models import CaseStep, Exclusion, Extension, Ground, Item, Part, Source, Tier
from lianxin.cases.photo_forms import PhotosField
from lianxin.cases.queries import units
from lianxin.cases.queries.pages import CasePage, Told
from lianxin.cases.queries.places import may_be_about, units_about
from lianxin.cases.queries.recording import Recording, grouped, offered_items
from lianxin.cases.routing import route
from lianxin.cases.suggest import suggest_items
from lianxin.cases.tiers import tiers
from lianxin.cases.wording import SAYINGS
from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.ledger.submissions import DAY_FORMATS, OnceForm, WordsField
from lianxin.organizations.access import AnyUser
from lianxin.organizations.models import Unit

LONGEST_NAME = 120
TO_RESIDENT = _("The resident reads this. Name no other residents.")
SHOWN_TO_RESIDENT = _("At most 4. The resident sees them. Where and when they were taken is removed.")
SHOWN_INSIDE = _("At most 4. Only those who work on it see them. Where and when they were taken is removed.")


class UnitField(forms.CharField):
    """A unit, by its name, initials or code; the list under it offers the nearest."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"list": "candidates", "autocomplete": "off"})
        standard = {"help_text": _("Its name, initials or code."), "widget": widget, "max_length": LONGEST_NAME}
        super().__init__(**{**standard, **options})


def spelt(code: str, name: str) -> str:
    """A unit as the list under a field writes it, and as it is understood."""
    return f"{name}（{code}）"


class ComingDayField(forms.DateField):
    """A day from today (or a later first one) on."""

    def __init__(self, *, first: int = 0, most: int = 365, **options: Any) -> None:
        self.first, self.most = first, most
        widget = forms.DateInput(attrs={"type": "date"}, format=DAY_FORMATS[0])
        super().__init__(**{"widget": widget, "input_formats": DAY_FORMATS, **options})

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        today = clock.today()
        self.widget.attrs["min"] = (today + timedelta(days=self.first)).isoformat()
        self.widget.attrs["max"] = (today + timedelta(days=self.most)).isoformat()
        return super().get_bound_field(form, field_name)


class MoveForm(OnceForm):
    """One move of a case: what it needs, and how it is made."""

    move: ClassVar[str]
    action: ClassVar[Callable[..., Any]]

    beside: ClassVar[Mapping[str, str]] = {
        **OnceForm.beside,
        "no_words": "text",
        "full": "unit",
        "part_twice": "unit",
        "part_past": "due_on",
        "pause_length": "until",
        "extension_most": "days",
        "about_unit": "lead",
        "unit_closed": "lead",
        "open_part": "text",
    }

    def __init__(self, *args: Any, user: AnyUser, page: CasePage, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user, self.page, self.case = user, page, page.case
        self.prepare()

    def prepare(self) -> None:
        """Fill in what depends on the case."""

    @property
    def button(self) -> str | Promise:
        return SAYINGS[self.move].button

    @property
    def means(self) -> str | Promise:
        return SAYINGS[self.move].means

    @cached_property
    def candidates(self) -> list[tuple[str, str]]:
        """Units for the list under the fields that name one."""
        named = any(isinstance(field, UnitField) for field in self.fields.values())
        return units.offered(self.user, self.case) if named else []

    grounds_kind: ClassVar[str] = ""
    """The entry that is decided on, if any."""

    @property
    def grounds(self) -> Told | None:
        return self.page.grounds(self.grounds_kind) if self.grounds_kind else None

    def clean_lead(self) -> Unit:
        return self._unit("lead")

    def _unit(self, name: str) -> Unit:
        return units.find_unit(units.able(self.user, self.case), self.cleaned_data[name])

    def make(self, actor: AbstractBaseUser) -> Entry:
        """Make the move; the entry it wrote."""
        step: CaseStep = type(self).action(actor=actor, case=self.case, **self.said)
        return step.entry


class ClaimForm(MoveForm):
    move = "claim"
    action = actions.claim_case

    unit = forms.ChoiceField(label=_("For which unit"))
    partners = forms.CharField(
        label=_("Together with"),
        required=False,
        max_length=600,
        help_text=_("Only where several claim as a group: names of the others, separated by commas. Your unit leads."),
    )

    beside: ClassVar[Mapping[str, str]] = {**MoveForm.beside, "about_unit": "unit", "unit_closed": "unit"}

    def prepare(self) -> None:
        mine = self.page.claimants
        cast(forms.ChoiceField, self.fields["unit"]).choices = [(unit.code, unit.name) for unit in mine]
        if self.page.home is not None:
            self.fields["unit"].required = False
            self.fields["unit"].initial = self.page.home.code
        if len(mine) == 1:
            self.fields["unit"].widget = forms.HiddenInput()

    def clean_partners(self) -> list[Unit]:
        return list(units.find_units(units.able(self.user, self.case), self.cleaned_data["partners"]))

    def clean(self) -> dict[str, Any]:
        if not self.page.claimants:
            raise ValidationError(gettext("You hold no post at a unit that could claim this."))
        if self.cleaned_data.get("partners") == [self.leading]:
            raise ValidationError({"partners": gettext("This is your own unit, which leads. Name others, or leave this empty.")})
        return self.cleaned_data

    @property
    def leading(self) -> Unit:
        """The unit that is to lead."""
        mine = {unit.code: unit for unit in self.page.claimants}
        return mine.get(self.cleaned_data.get("unit", "")) or self.page.home or self.page.claimants[0]

    @property
    def said(self) -> dict[str, Any]:
        """What `claim_case` takes."""
        return {"unit": self.leading, "partners": [one for one in self.cleaned_data["partners"] if one != self.leading]}


class WordsForm(MoveForm):
    """A move that says, and shows, something to the resident."""

    text = WordsField(label=_("What do you tell the resident?"), help_text=TO_RESIDENT)
    photos = PhotosField(help_text=SHOWN_TO_RESIDENT)


class AnswerForm(WordsForm):
    move = "answer"
    action = actions.answer_resident


class HandleForm(WordsForm):
    move = "handle"
    action = actions.handle_case

    text = WordsField(label=_("What was done?"), help_text=TO_RESIDENT)


class DeclineForm(MoveForm):
    move = "decline"
    action = actions.decline_case

    text = WordsField(label=_("Why is it not taken up?"), help_text=TO_RESIDENT)


ORDINARY = "ordinary"


class SortForm(MoveForm):
    move = "sort"
    action = actions.sort_case

    item = forms.ChoiceField(label=_("Matter"))
    tier = forms.ChoiceField(
        label=_("How urgent"), required=False, choices=[("", _("as the matter says")), *Tier.choices], widget=forms.RadioSelect
    )

    def prepare(self) -> None:
        """What the words speak for stands first, with those words; a person decides."""
        self.items = offered_items()
        field = cast(forms.ChoiceField, self.fields["item"])
        field.choices = [("", "–"), *grouped(self.items)]
        opening = self.page.opening
        found = suggest_items(opening.said) if opening else []
        if self.case.item is not None:
            field.initial = self.case.item.key
        elif found:
            field.initial = found[0].item.key
        if found:
            said = gettext("“%(item)s” (%(words)s)")
            near = [said % {"item": each.item, "words": ", ".join(each.words)} for each in found]
            field.help_text = gettext("Suggested by its words: %(near)s") % {"near": "; ".join(near)}

    def clean_item(self) -> Item:
        return self.items[self.cleaned_data["item"]]


class PlanForm(MoveForm):
    move = "plan"
    action = actions.plan_case

    focus = forms.ChoiceField(
        label=_("Kind of problem"),
        choices=[(ORDINARY, _("an ordinary one")), ("key", _("key problem")), ("focus", _("focus problem"))],
        widget=forms.RadioSelect,
        initial=ORDINARY,
        help_text=_("A key problem holds up others; a focus problem concerns many."),
    )
    analysis = WordsField(label=_("What lies behind it?"))
    plan = WordsField(label=_("What do you plan, by when?"), required=False)
    measures = WordsField(label=_("Which measures, one by one?"), required=False)
    photos = PhotosField(help_text=SHOWN_INSIDE)

    beside: ClassVar[Mapping[str, str]] = {**MoveForm.beside, "no_words": "analysis"}

    @property
    def said(self) -> dict[str, Any]:
        """What `plan_case` takes: one text of three parts."""
        told = [
            (gettext("Analysis"), self.cleaned_data["analysis"]),
            (gettext("Plan"), self.cleaned_data["plan"]),
            (gettext("Measures"), self.cleaned_data["measures"]),
        ]
        text = "\n".join(gettext("%(part)s: %(text)s") % {"part": part, "text": text} for part, text in told if text)
        focus = self.cleaned_data["focus"]
        return {"focus": "" if focus == ORDINARY else focus, "text": text, "photos": self.cleaned_data["photos"]}


class AskForm(MoveForm):
    move = "ask"
    action = actions.ask_part

    unit = UnitField(label=_("Which unit"))
    text = WordsField(label=_("What should it do?"))
    due_on = ComingDayField(label=_("By when"))

    beside: ClassVar[Mapping[str, str]] = {**MoveForm.beside, "about_unit": "unit", "unit_closed": "unit"}

    def clean_unit(self) -> Unit:
        return self._unit("unit")

    def make(self, actor: AbstractBaseUser) -> Entry:
        part: Part = actions.ask_part(actor=actor, case=self.case, **self.said)
        assert part.asked is not None
        return part.asked.entry


class PartForm(MoveForm):
    """A move about one open part; which one is asked only where there are several."""

    part = forms.ChoiceField(label=_("Which part"))

    def prepare(self) -> None:
        self.parts = {str(part.pk): part for part in self.offered()}
        sent = self.data.get("part") or next(iter(self.parts), "")
        over = [] if sent in self.parts else [part for part in self._once_offered() if str(part.pk) == sent]
        field = cast(forms.ChoiceField, self.fields["part"])
        field.choices = [(str(part.pk), _part_words(part)) for part in (*self.parts.values(), *over)]
        if len(self.parts) == 1 and not over:
            field.widget, field.initial = forms.HiddenInput(), next(iter(self.parts))

    def offered(self) -> list[Part]:
        return [shown.part for shown in self.page.parts if shown.part.is_open]

    def _once_offered(self) -> list[Part]:
        """Parts that are over, too: whoever sent one is told of it by its name."""
        parts = [shown.part for shown in self.page.parts]
        return [part for part in parts if actions.may_ever_move(self.user, self.case, self.move, unit=part.unit)]

    def clean_part(self) -> str:
        key: str = self.cleaned_data["part"]
        if key not in self.parts:
            raise CaseError("part_over")
        return key

    def clean(self) -> dict[str, Any]:
        if not self.parts:
            raise CaseError("part_over")
        return self.cleaned_data

    def make(self, actor: AbstractBaseUser) -> Entry:
        said = {**self.said, "part": self.parts[self.cleaned_data["part"]]}
        step: CaseStep = type(self).action(actor=actor, **said)
        return step.entry


def _part_words(part: Part) -> str:
    return f"{part.unit.name} · {part.due_on.isoformat()}" if part.due_on else part.unit.name


class DoPartForm(PartForm):
    move = "do_part"
    action = actions.do_part

    text = WordsField(label=_("What did your unit do?"))
    photos = PhotosField(help_text=SHOWN_INSIDE)

    def offered(self) -> list[Part]:
        parts = super().offered()
        return [part for part in parts if actions.may_move(self.user, self.case, "do_part", unit=part.unit)]


class LeaveGroupForm(PartForm):
    move = "leave_group"
    action = actions.leave_group

    reason = forms.CharField(
        label=_("Why?"), max_length=500, help_text=_("The unit that leads reads this; the resident does not.")
    )

    def offered(self) -> list[Part]:
        parts = [part for part in super().offered() if part.joint]
        return [part for part in parts if actions.may_move(self.user, self.case, "leave_group", unit=part.unit)]


class CallOffForm(PartForm):
    move = "call_off"
    action = actions.call_off_part

    reason = forms.CharField(label=_("Why?"), max_length=500)


class PauseForm(MoveForm):
    move = "pause"
    action = actions.pause_case

    text = WordsField(label=_("Why does it have to wait?"), help_text=TO_RESIDENT)
    until = ComingDayField(label=_("Until which day"), first=1, most=30)

    def prepare(self) -> None:
        most = tiers().longest_pause.days
        cast(ComingDayField, self.fields["until"]).most = most
        self.fields["until"].help_text = gettext("Within %(most)s days.") % {"most": most}


class ResumeForm(MoveForm):
    move = "resume"
    action = actions.resume_case


class ReleaseForm(MoveForm):
    move = "release"
    action = actions.release_case


class AskExtensionForm(MoveForm):
    move = "ask_extension"
    action = actions.ask_extension

    days = forms.IntegerField(label=_("How many working days more"), min_value=1)
    reason = forms.CharField(label=_("Why?"), max_length=500)

    def prepare(self) -> None:
        rules = tiers()
        said = gettext("Up to %(most)s, %(times)s times at most.")
        self.fields["days"].help_text = said % {"most": rules.longest_extension, "times": rules.extensions}

    def make(self, actor: AbstractBaseUser) -> Entry:
        asked: Extension = actions.ask_extension(actor=actor, case=self.case, **self.said)
        return asked.asked.entry


class ExtendForm(MoveForm):
    move = "extend"
    action = actions.decide_extension
    grounds_kind = "cases.extension_asked"

    granted = forms.ChoiceField(
        label=_("Decision"), choices=[("yes", _("grant it")), ("no", _("refuse it"))], widget=forms.RadioSelect
    )
    reason = forms.CharField(label=_("Why?"), max_length=500, required=False, help_text=_("Needed to decline it."))

    def clean(self) -> dict[str, Any]:
        if self.page.extension is None:
            raise CaseError("extension_decided")
        if self.cleaned_data.get("granted") == "no" and not self.cleaned_data.get("reason", "").strip():
            self.add_error("reason", CaseError("no_reason"))
        return self.cleaned_data

    def make(self, actor: AbstractBaseUser) -> Entry:
        granted, reason = self.cleaned_data["granted"] == "yes", self.cleaned_data["reason"]
        assert self.page.extension is not None
        return actions.decide_extension(actor=actor, extension=self.page.extension, granted=granted, reason=reason).entry


class ReturnForm(MoveForm):
    move = "return"
    action = actions.return_case

    reason = forms.CharField(label=_("Why is it not yours?"), max_length=500)
    proposed = UnitField(label=_("Whose might it be?"), required=False)

    def clean_proposed(self) -> Unit | None:
        return self._unit("proposed") if self.cleaned_data["proposed"] else None


class LeadForm(MoveForm):
    """Those above name who leads."""

    lead = UnitField(label=_("Who leads"))
    reason = forms.CharField(label=_("Why?"), max_length=500)


class DesignateForm(LeadForm):
    move = "designate"
    action = actions.designate_lead

    reason = forms.CharField(label=_("Why?"), max_length=500, required=False)

    def prepare(self) -> None:
        """Whoever usually takes such a matter up there; a person decides."""
        routed = route(self.case.item, self.case.place, self.case.about)
        if routed is not None and routed.unit.code in dict(self.candidates):
            self.fields["lead"].initial = spelt(routed.unit.code, routed.unit.name)
            self.fields["lead"].help_text = gettext("Suggested: %(why)s") % {"why": routed.why}


class DecideForm(LeadForm):
    move = "decide"
    action = actions.decide_lead
    grounds_kind = "cases.returned"

    def prepare(self) -> None:
        """What the lead proposed, else the lead itself."""
        code = str(self.grounds.line.entry.data.get("proposed", "")) if self.grounds else ""
        names = dict(self.candidates)
        if code in names:
            self.fields["lead"].initial = spelt(code, names[code])
        elif self.case.lead is not None:
            self.fields["lead"].initial = spelt(self.case.lead.code, self.case.lead.name)


class TransferForm(LeadForm):
    move = "transfer"
    action = actions.transfer_lead


STAYS = _("It stays beside the case and in the list of what was left out. Name no resident.")


class AskExclusionForm(MoveForm):
    move = "ask_exclusion"
    action = actions.ask_exclusion

    ground = forms.ChoiceField(label=_("On which ground?"), choices=Ground.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Why?"), max_length=500, help_text=STAYS)

    def make(self, actor: AbstractBaseUser) -> Entry:
        asked: Exclusion = actions.ask_exclusion(actor=actor, case=self.case, **self.said)
        return asked.proposed.entry


class DecideExclusionForm(MoveForm):
    move = "decide_exclusion"
    action = actions.decide_exclusion
    grounds_kind = "cases.exclusion_asked"

    granted = forms.ChoiceField(
        label=_("Decision"), choices=[("yes", _("grant it")), ("no", _("decline it"))], widget=forms.RadioSelect
    )
    reason = forms.CharField(label=_("Why?"), max_length=500, help_text=STAYS)

    def make(self, actor: AbstractBaseUser) -> Entry:
        if self.page.exclusion is None:
            raise CaseError("exclusion_over")
        granted, reason = self.cleaned_data["granted"] == "yes", self.cleaned_data["reason"]
        return actions.decide_exclusion(actor=actor, exclusion=self.page.exclusion, granted=granted, reason=reason).entry


class LiftExclusionForm(MoveForm):
    move = "lift_exclusion"
    action = actions.lift_exclusion
    grounds_kind = "cases.exclusion_decided"

    reason = forms.CharField(label=_("Why?"), max_length=500, help_text=STAYS)

    def make(self, actor: AbstractBaseUser) -> Entry:
        if self.page.exclusion is None:
            raise CaseError("exclusion_over")
        return actions.lift_exclusion(actor=actor, exclusion=self.page.exclusion, **self.said).entry


FORMS: dict[str, type[MoveForm]] = {
    form.move: form
    for form in (
        *(ClaimForm, ReleaseForm, DeclineForm, DesignateForm, DecideForm, AnswerForm, SortForm, PlanForm, HandleForm),
        *(DoPartForm, LeaveGroupForm, AskForm, CallOffForm, PauseForm, ResumeForm),
        *(AskExtensionForm, ExtendForm, ReturnForm, TransferForm),
        *(AskExclusionForm, DecideExclusionForm, LiftExclusionForm),
    )
}
"""Every move of the working pages, by its name in workflow.py."""


class RecordForm(OnceForm):
    """A problem recorded for a resident, on a home visit or by phone."""

    unit = forms.ChoiceField(label=_("Recorded for which unit"))
    source = forms.ChoiceField(
        label=_("How did you hear of it?"),
        choices=[(one.value, one.label) for one in (Source.HOME_VISIT, Source.PHONE)],
        initial=Source.HOME_VISIT.value,
        widget=forms.RadioSelect,
    )
    place = forms.ChoiceField(label=_("Where is it?"))
    text = WordsField(label=_("What is wrong, in the resident's words?"), max_length=2000)
    photos = PhotosField(help_text=SHOWN_TO_RESIDENT)
    phone = forms.CharField(
        label=_("The resident's phone"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
        help_text=_("For the call whether it is really solved. Sealed; nobody reads it without a reason."),
    )
    item = forms.ChoiceField(label=_("Matter"), required=False, help_text=_("It says how long it may take. Leave it if unsure."))
    about = UnitField(
        label=_("Is it a complaint about an office here?"),
        required=False,
        help_text=_(
            "Its name, initials or code; empty: no complaint. That office never sees it, and somebody above looks into it."
        ),
    )

    beside: ClassVar[Mapping[str, str]] = {**OnceForm.beside, "no_words": "text", "no_place": "place", "about_own": "about"}

    def __init__(self, *args: Any, recording: Recording, **options: Any) -> None:
        super().__init__(*args, **options)
        self.recording = recording
        self._offer("unit", [(unit.code, unit.name) for unit in recording.units])
        self._offer("place", [(unit.code, unit.name) for unit in recording.places])
        cast(forms.ChoiceField, self.fields["item"]).choices = recording.item_choices
        if not recording.items:
            del self.fields["item"]

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = cast(forms.ChoiceField, self.fields[name])
        field.choices = choices
        if len(choices) == 1:
            field.widget, field.initial = forms.HiddenInput(), choices[0][0]

    @cached_property
    def candidates(self) -> list[tuple[str, str]]:
        """Units for the list under `about`: of the place chosen, or the nearest."""
        places = {unit.code: unit for unit in self.recording.places}
        place = places.get(str(self["place"].value() or "")) or next(iter(places.values()), None)
        return [(unit.code, unit.name) for unit in units_about(place)] if place else []

    def clean(self) -> dict[str, Any]:
        """Whom it complains about is looked for at the place that was chosen."""
        typed, place = self.cleaned_data.get("about", ""), self.cleaned_data.get("place")
        self.complaint: Unit | None = None
        if typed and place:
            try:
                self.complaint = units.find_unit(may_be_about(self.recording.place(place)), typed, none="no_about")
            except CaseError as refused:
                self.add_error("about", refused)
        return self.cleaned_data

    def make(self, actor: AbstractBaseUser) -> actions.Received:
        """Record it. The key of the form makes the receipt, so that sending it again gives the same one."""
        said, recording = self.cleaned_data, self.recording
        item: Item | None = recording.items.get(said.get("item", ""))
        report = actions.Report(
            sending=f"{actor.pk}.{said['submission']}",
            place=recording.place(said["place"]),
            text=said["text"],
            phone=said["phone"],
            item=item,
            source=said["source"],
            about=self.complaint,
            photos=said["photos"],
        )
        return actions.record_case(actor=actor, unit=recording.unit(said["unit"]), report=report)
