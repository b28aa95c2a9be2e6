"""Where the daily mail goes."""

from django import forms
from django.utils.translation import gettext_lazy as _


class MailForm(forms.Form):
    """The address, which nobody else sees; none takes it off the record."""

    address = forms.EmailField(
        label=_("Mail address"),
        required=False,
        max_length=254,
        help_text=_("Used for this mail alone; nobody else sees it. Leave it empty and it is deleted."),
    )
