"""What residents type. Nothing but the problem itself is required, and nothing typed is ever cleared."""

import re
import secrets
import unicodedata
from functools import lru_cache
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from lianxin.cases import village_codes
from lianxin.cases.actions.intake import Report
from lianxin.cases.actions.moving import TOLD
from lianxin.cases.models import Source, Tier, Verdict
from lianxin.cases.photo_forms import PhotosField
from lianxin.cases.queries.places import units_about
from lianxin.cases.queries.story import Sent
from lianxin.organizations.models import Unit
from lianxin.organizations.people import clean_phone
from lianxin.ui import phones
from lianxin.ui.words import words_in

KEY_SHAPE = re.compile(r"[A-Za-z0-9_-]{16,64}")
FEWEST_SIGNS = 6
"""Different signs of a sending's key: one of fewer could be guessed, and with it the receipt."""
NOT_TYPED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
"""Signs no keyboard gives, and those that turn the order of others round. Mongolian's own joiners stay, and those of emoji."""
CARRIED = ("place", "sending", "text", "danger", "spot", "phone", "about", "code", "checked")


def new_sending() -> str:
    return secrets.token_urlsafe(24)


class PlainField(forms.CharField):
    """Words as people type them, without signs that only machines send."""

    def to_python(self, value: Any) -> str:
        typed = NOT_TYPED.sub("", str(value or "").replace("\r\n", "\n").replace("\r", "\n"))
        return words_in(super().to_python(unicodedata.normalize("NFC", typed)) or "")


class WordsOfResidents(PlainField):
    """A few sentences."""

    def __init__(self, *, rows: int = 5, **options: Any) -> None:
        too_long = _(
            "This is %(show_value)s signs long; at most %(limit_value)s fit. Shorten it, or send the rest as a note later."
        )
        super().__init__(**{"max_length": TOLD, "widget": forms.Textarea(attrs={"rows": rows}), **options})
        for validator in self.validators:
            if getattr(validator, "code", "") == "max_length":
                validator.message = too_long  # type: ignore[attr-defined]


class ReportForm(forms.Form):
    """A problem. The place is chosen before."""

    refused = _("Not sent yet")

    sending = forms.CharField(widget=forms.HiddenInput(attrs={"autocomplete": "off"}), required=False)
    code = forms.CharField(widget=forms.HiddenInput, required=False)
    checked = forms.CharField(widget=forms.HiddenInput(attrs={"autocomplete": "off"}), required=False)
    text = WordsOfResidents(
        label=_("What is wrong?"),
        help_text=_("In your own words. A few are enough."),
        error_messages={"required": _("Write a few words about what is wrong, so that somebody can help.")},
    )
    danger = forms.ChoiceField(
        label=_("Is somebody in danger?"),
        help_text=_("Where a life is at stake, call 110, 119 or 120 first."),
        choices=[("", _("No")), ("yes", _("Yes, somebody could be hurt"))],
        widget=forms.RadioSelect,
        required=False,
        initial="",
    )
    spot = PlainField(
        label=_("Where exactly?"),
        help_text=_("So that somebody finds it: by the school gate, second row of houses …"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "short"}),
    )
    photos = PhotosField()
    phone = PlainField(
        label=_("Phone number"),
        help_text=_("Only if you wish to be called. It stays sealed; whoever opens it must say why, and you see it."),
        max_length=40,
        required=False,
        widget=forms.Textarea(attrs={"rows": 1, "class": "short line", "inputmode": "tel", "autocomplete": "tel"}),
    )  # an input's Enter key would press the form's first button, which chooses another place
    about = forms.ChoiceField(
        label=_("Is it a complaint about an office here?"),
        help_text=_("Then that office never sees it, and somebody above looks into it."),
        required=False,
    )

    def __init__(self, *args: Any, place: Unit, **options: Any) -> None:
        super().__init__(*args, **options)
        self.place = place
        cast(forms.ChoiceField, self.fields["about"]).choices = self._offices
        if not self.is_bound and not self.units:
            del self.fields["about"]

    @cached_property
    def units(self) -> list[Unit]:
        """Units it may be about. Whoever sends a report about none, as nearly everybody does, waits for no list of them."""
        return units_about(self.place)

    def _offices(self) -> list[tuple[str, Any]]:
        return [("", _("No, about no office")), *((unit.code, unit.name) for unit in self.units)]

    def clean_sending(self) -> str:
        """The key of this sending: a page without one still sends, then every sending is a new one."""
        key: str = self.cleaned_data["sending"]
        return key if KEY_SHAPE.fullmatch(key) and len(set(key)) >= FEWEST_SIGNS else new_sending()

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        if not phone.strip():
            return ""
        try:
            return clean_phone(phone)
        except ValidationError:
            raise ValidationError(_("This is no phone number. Give 11 digits, or leave it empty.")) from None

    def compared(self, saved: Sent) -> list[tuple[str, str, str, bool]]:
        """What stands saved beside what was sent now: (label, saved, now, whether they differ). Only for a valid form.

        A number that stands saved is masked, as on the page of the receipt.
        """
        said = self.cleaned_data
        about = saved.about.name if saved.about else ""
        typed_about = {unit.code: unit.name for unit in self.units}.get(said.get("about", ""), "") if said.get("about") else ""
        number = phones.mask(saved.phone) if saved.phone else ""
        spoken = {True: str(_("Yes, somebody could be hurt")), False: str(_("No"))}
        before, now = (spoken[each] if saved.danger or said["danger"] else "" for each in (saved.danger, bool(said["danger"])))
        sent = [photo.original for photo in said["photos"]]
        rows = [
            (_("Place"), saved.place.name, self.place.name, saved.place.pk != self.place.pk),
            (self.fields["text"].label, saved.text, said["text"], saved.text != said["text"].strip()),
            (self.fields["danger"].label, before, now, before != now),
            (self.fields["spot"].label, saved.spot, said["spot"], saved.spot != said["spot"].strip()),
            (self.fields["phone"].label, number, said["phone"], saved.phone != said["phone"]),
            (_("Complaint about an office"), about, typed_about, about != typed_about),
            (self.fields["photos"].label, str(len(saved.photos) or ""), str(len(sent) or ""), set(saved.photos) != set(sent)),
        ]
        return [(str(label), before, now, differs) for label, before, now, differs in rows if before or now]

    def added_to(self, saved: Sent) -> str:
        """The words that were sent now and are not saved, to be sent as a note. Only for a valid form."""
        said = self.cleaned_data
        added = [said[name].strip() for name in ("text", "spot") if said[name].strip() != getattr(saved, name)]
        added += [str(_("Yes, somebody could be hurt"))] if said["danger"] and not saved.danger else []
        return "\n".join(words for words in added if words)

    @property
    def may_be_asked(self) -> bool:
        """Whether cases like it are shown first: not where it joins none (somebody is in danger, or it complains about an
        office), nor where they were shown already, nor where there are photos, which a page cannot hand on."""
        said = self.cleaned_data
        return not (said["checked"] or said["photos"] or self.report.alone)

    @cached_property
    def report(self) -> Report:
        """What the actions take, beside the network it came from."""
        said = self.cleaned_data
        about = next((unit for unit in self.units if unit.code == said["about"]), None) if said.get("about") else None
        by_code = village_codes.place_of(said["code"]) is not None
        return Report(
            sending=said["sending"],
            place=self.place,
            text=said["text"],
            spot=said["spot"],
            phone=said["phone"],
            tier=Tier.DANGER if said["danger"] else "",
            source=Source.CODE if by_code else Source.WEB,
            about=about,
            language=get_language() or "",
            photos=said["photos"],
        )


class ReceiptForm(forms.Form):
    """The 24 characters, as they stand on the paper."""

    refused = _("Nothing found")

    receipt = PlainField(
        label=_("Your receipt"),
        help_text=_("24 letters and digits. Capital or small, with or without dashes: both are right."),
        error_messages={"required": _("Type the 24 letters and digits of your receipt.")},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "receipt-typed",
                "maxlength": "80",
            }
        ),
    )


class ActForm(forms.Form):
    """What is done with a receipt in hand."""

    def fields_written(self) -> SafeString:
        """The fields as they stand on the page. Nobody's yet, they are the same for everybody, and drawn once a language."""
        if self.is_bound:
            return _written(self)
        return _written_empty(type(self), str(self.auto_id), get_language() or "")


def _written(form: forms.Form) -> SafeString:
    return format_html_join("", "{}", ((field.as_field_group(),) for field in form.visible_fields()))


@lru_cache(maxsize=64)
def _written_empty(form: type[ActForm], auto_id: str, language: str) -> SafeString:
    with override(language):
        return _written(form(auto_id=auto_id))


class NoteForm(ActForm):
    """Something to add."""

    text = WordsOfResidents(label=_("What do you want to add?"), rows=3, required=False)
    photos = PhotosField()

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if not said.get("text", "?") and not said.get("photos", "?"):
            self.add_error("text", _("Write what you want to add, or choose a photo."))
        return said


class VerdictForm(ActForm):
    """The one answer that counts as solved or not."""

    verdict = forms.ChoiceField(
        label=_("Is it solved?"),
        choices=[(Verdict.SOLVED, _("Yes, solved")), (Verdict.PARTLY, _("Partly")), (Verdict.NOT, _("No, not solved"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose yes, partly or no.")},
    )
    text = WordsOfResidents(label=_("Why?"), rows=3, required=False, help_text=_("What is still missing, or what was good."))
    stars = forms.TypedChoiceField(
        label=_("How content are you with how it was done?"),
        choices=[
            ("", _("I would rather not say")),
            *((5, _("5 – very")), (4, "4"), (3, "3"), (2, "2"), (1, _("1 – not at all"))),
        ],
        coerce=int,
        empty_value=None,
        required=False,
    )


class ReopenForm(ActForm):
    """Why it is not solved after all."""

    text = WordsOfResidents(
        label=_("What is wrong still, or again?"), rows=3, error_messages={"required": _("Write what is wrong still, or again.")}
    )


class ObjectForm(ActForm):
    """Why it should be taken up after all."""

    text = WordsOfResidents(
        label=_("Why should it be taken up?"), rows=3, error_messages={"required": _("Write why it should be taken up.")}
    )


class WithdrawForm(ActForm):
    """A step back, and why if one wishes to say."""

    text = WordsOfResidents(label=_("Why?"), rows=2, required=False)


class EraseForm(ActForm):
    """A resident's own words and number, erased."""

    sure = forms.BooleanField(
        label=_("Yes, erase it"), error_messages={"required": _("Tick the box first, so that nothing is erased by mistake.")}
    )
    text = forms.CharField(required=False, widget=forms.HiddenInput)


ACTS: dict[str, type[ActForm]] = {
    "note": NoteForm,
    "verdict": VerdictForm,
    "reopen": ReopenForm,
    "object": ObjectForm,
    "withdraw": WithdrawForm,
    "erase": EraseForm,
}
"""What a resident may do with a receipt."""
