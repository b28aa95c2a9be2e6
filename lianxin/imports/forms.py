"""What people send: one workbook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from lianxin.imports.errors import WorkbookErrors
from lianxin.imports.sheets import Sheet
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

    def __init__(self, *args: Any, sheet: Sheet | None = None, read_as: Mapping[str, str] | None = None, **options: Any) -> None:
        """sheet: for one that is `mapped` the form also asks which column is which. read_as: how it was read the last time."""
        super().__init__(*args, **options)
        for column in sheet.columns if sheet is not None and sheet.mapped else ():
            self.fields[f"map_{column.key}"] = forms.CharField(
                label=str(column.label),
                required=False,
                max_length=60,
                initial=(read_as or {}).get(column.key, ""),
                help_text=str(column.help),
            )
        self.fields["file"].help_text = _(
            "At most %(size)s MB and %(rows)s rows. Nothing is brought in before you have seen it."
        ) % {
            "size": MOST_BYTES // 2**20,
            "rows": f"{MOST_ROWS:,}",
        }

    @property
    def mapping(self) -> dict[str, str]:
        """Which column is which, where somebody said so."""
        said = {name.removeprefix("map_"): value for name, value in self.cleaned_data.items() if name.startswith("map_")}
        return {key: value.strip() for key, value in said.items() if value and value.strip()}

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        try:
            refuse_large(file.size or 0)
        except WorkbookErrors as refused:
            raise refused.errors[0] from None
        return file
