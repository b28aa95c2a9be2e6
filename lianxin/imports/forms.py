"""What people send: one workbook."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from lianxin.imports.errors import WorkbookErrors
from lianxin.imports.workbook import MOST_BYTES, MOST_ROWS, refuse_large


class UploadForm(forms.Form):
    """One file; its size is judged before it is read."""

    refused = _("Not uploaded yet")

    file = forms.FileField(
        label=_("Workbook (.xlsx)"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}),
        error_messages={
            "required": _("Choose a workbook first."),
            "empty": _("The file is empty. Choose the workbook you filled in."),
        },
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["file"].help_text = _(
            "At most %(size)s MB and %(rows)s rows. Nothing is brought in before you have seen it."
        ) % {
            "size": MOST_BYTES // 2**20,
            "rows": f"{MOST_ROWS:,}",
        }

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        try:
            refuse_large(file.size or 0)
        except WorkbookErrors as refused:
            raise refused.errors[0] from None
        return file
