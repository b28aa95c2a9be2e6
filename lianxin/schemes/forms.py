"""What people type about schemes: a text; a waiver; what seems wrong, and the answer; the day a page looks at."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.ledger.submissions import OnceForm, ReasonField, WordsField
from lianxin.schemes import remarks
from lianxin.schemes.loader import LONGEST_TEXT, SchemeError, load_scheme
from lianxin.schemes.scheme import Scheme


class SchemeForm(forms.Form):
    """A scheme's text; every mistake in it is named with its line."""

    text = forms.CharField(
        label=_("Text of the scheme"), required=False, max_length=LONGEST_TEXT, strip=False, widget=forms.Textarea
    )
    file = forms.FileField(label=_("Or a file"), required=False)

    scheme: Scheme | None = None

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        text, name = said.get("text") or "", "scheme.yaml"
        upload: UploadedFile[Any] | None = said.get("file")
        if upload is not None:
            if (upload.size or 0) > LONGEST_TEXT:
                raise forms.ValidationError(_("The file is larger than 256 KB. A scheme is a short text."))
            try:
                text, name = upload.read().decode("utf-8"), upload.name or name
            except UnicodeDecodeError:
                raise forms.ValidationError(_("The file is no text in UTF-8.")) from None
        if not text.strip():
            raise forms.ValidationError(_("Paste the text of a scheme, or choose a file."))
        said["text"] = text.replace("\r\n", "\n")
        try:
            self.scheme = load_scheme(said["text"], name)
        except SchemeError as error:
            raise forms.ValidationError([str(problem) for problem in error.problems]) from None
        return said


class MomentForm(forms.Form):
    """As it was on a day, as we knew it on a day, in a period."""

    as_of = forms.DateField(required=False)
    known_as_of = forms.DateField(required=False)
    period = forms.RegexField(r"\d{4}(-[HQ]?\d{1,2})?", required=False)
    clause = forms.RegexField(r"[a-z][a-z0-9_]{0,39}", required=False)

    @property
    def chosen(self) -> dict[str, Any]:
        """The arguments of `queries.explain`; what is not understood is left out."""
        self.is_valid()
        said = self.cleaned_data
        as_of, known = said.get("as_of"), said.get("known_as_of")
        return {
            "as_of": min(as_of, clock.today()) if as_of else None,
            "known_as_of": clock.end_of(known) if known else None,
            "period": said.get("period") or None,
            "clause": said.get("clause") or None,
        }


class ClauseForm(OnceForm):
    """A form about one clause of a scheme (or the whole of it) in one period."""

    clause = forms.ChoiceField(label=_("What is it about"), required=False)
    period = forms.ChoiceField(label=_("Period"))

    beside: ClassVar[Mapping[str, str]] = {**OnceForm.beside, "no_clause": "clause", "no_period": "period", "no_words": "words"}

    def __init__(self, *args: Any, scheme: Scheme, asked: Mapping[str, Any], **options: Any) -> None:
        super().__init__(*args, **options)
        for name, choices in (
            ("clause", remarks.clause_choices(scheme)),
            ("period", remarks.period_choices(scheme, clock.today())),
        ):
            field = cast(forms.ChoiceField, self.fields[name])
            field.choices = choices
            field.initial = asked.get(name) if asked.get(name) in dict(choices) else choices[0][0]


class WaiveForm(ClauseForm):
    """Which clause is waived, until when, and why."""

    reason = ReasonField(label=_("Why is it waived?"), help_text=_("Stays beside the waiver, for all who may read the unit."))


class DoubtForm(ClauseForm):
    """What seems wrong with a standing."""

    words = WordsField(
        label=_("What seems wrong?"),
        help_text=_("For example a visit that is missing, or one that counts and should not. The county office reads it."),
        max_length=500,
    )


class RemarkForm(OnceForm):
    """One of several remarks, and words about it."""

    remark = forms.ChoiceField(label=_("Which one"))
    words = WordsField(label=_("Words"), max_length=500)

    beside: ClassVar[Mapping[str, str]] = {**OnceForm.beside, "no_words": "words", "answered": "remark", "superseded": "remark"}

    def __init__(
        self, *args: Any, offered: Sequence[remarks.Remark], label: Any, asked: Mapping[str, Any], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.entries = {str(remark.entry.pk): remark.entry for remark in offered}
        field = cast(forms.ChoiceField, self.fields["remark"])
        field.choices = [
            (str(remark.entry.pk), f"{remark.clause_title} {remark.period}: {remark.text}"[:120]) for remark in offered
        ]
        field.initial = asked.get("remark")
        self.fields["words"].label = label
        if len(offered) == 1:
            field.widget = forms.HiddenInput()
            field.initial = str(offered[0].entry.pk)

    @property
    def entry(self) -> Entry:
        """The remark that was chosen."""
        return self.entries[self.cleaned_data["remark"]]
