"""What people type about schemes: a scheme's text, pasted or uploaded; the day a page looks at."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from lianxin.ledger import clock
from lianxin.schemes.loader import LONGEST_TEXT, SchemeError, load_scheme
from lianxin.schemes.scheme import Scheme


class SchemeForm(forms.Form):
    """A scheme's text; every mistake in it is named with its line."""

    text = forms.CharField(
        label=_("Text of the scheme"), required=False, max_length=LONGEST_TEXT, strip=False, widget=forms.Textarea
    )
    file = forms.FileField(label=_("or a file"), required=False)

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
