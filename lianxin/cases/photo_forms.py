"""Choosing photos, the same for residents and for those who work on their cases."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lianxin.cases.photos import Cleaned, clean_photos


class SeveralFiles(forms.FileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Some photos, rebuilt without anything but their pixels; never required."""

    def __init__(self, **options: Any) -> None:
        words = {"label": _("Photos"), "help_text": _("At most 4. Where and when they were taken is removed.")}
        super().__init__(**{**words, "required": False, "widget": SeveralFiles(attrs={"accept": "image/*"}), **options})

    def clean(self, data: Any, initial: Any = None) -> list[Cleaned]:
        return clean_photos(data) if data else []
