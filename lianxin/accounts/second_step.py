"""django-allauth's forms of the second step, in our words."""

from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
CODE_LIVES = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
"""Seconds during which a code shown by the app is taken."""


class CodeForm(AuthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Six digits, or a recovery code")
        self.fields["code"].widget = forms.TextInput(attrs=CODE)

    def clean_code(self) -> str:
        code = super().clean_code()
        # allauth forgets a used code after one period; who looked over a shoulder could then use it while it is still taken.
        if not cache.add(f"code-used:{self.user.pk}:{code}", True, CODE_LIVES):
            raise get_adapter().validation_error("incorrect_code")
        return str(code)


class AddAppForm(ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Six digits")
        self.fields["code"].widget = forms.TextInput(attrs=CODE)


class AddPasskeyForm(AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the device")
        self.fields["passwordless"].label = _("Sign in with it alone, without the password")
        self.fields["passwordless"].help_text = _("Your device then asks for finger, face or its own code each time.")
