"""What people type to sign in, to prove themselves, and to choose a password."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate, password_validation
from django.core.validators import RegexValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lianxin.accounts.models import User

USERNAME = RegexValidator(r"^[\w.@+-]{2,40}\Z", _("Use 2 to 40 letters, digits, or . @ + - _ ; no spaces."))


class SignInForm(forms.Form):
    refused = _("Not signed in yet")

    username = forms.CharField(
        label=_("Sign-in name"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"), max_length=200, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    remember = forms.BooleanField(label=_("Stay signed in on this device for two weeks"), required=False)

    def clean_username(self) -> str:
        """In small letters: the account is found either way, and wrong attempts must not be spread over spellings."""
        return str(self.cleaned_data["username"]).lower()


class NewPasswordMixin(forms.Form):
    """A password, chosen twice; it is held against the rules with the account in mind."""

    password = forms.CharField(
        label=_("New password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters. Several words you remember are better than one difficult word. Not only digits."),
    )
    again = forms.CharField(
        label=_("The same password again"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        password, again = cleaned.get("password"), cleaned.get("again")
        if password and again and password != again:
            self.add_error("again", gettext("The two passwords differ. Type the same one twice."))
        elif password:
            try:
                password_validation.validate_password(password, self.user)
            except forms.ValidationError as refused:
                self.add_error("password", refused)
        return cleaned


class AcceptForm(NewPasswordMixin):
    """The page behind an invitation."""

    username = forms.CharField(
        label=_("Sign-in name"),
        max_length=40,
        validators=[USERNAME],
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
        help_text=_("You may keep this one or choose your own."),
    )
    field_order = ["username", "password", "again"]


class ProofForm(forms.Form):
    """Who sits there? The password, or a code from the authenticator app."""

    proof = forms.CharField(
        label=_("Password, or a code from your authenticator app"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )

    def __init__(self, *args: Any, request: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_proof(self) -> str:
        proof: str = self.cleaned_data["proof"]
        name = self.request.user.get_username()
        if not (self._is_code(proof) or authenticate(self.request, username=name, password=proof)):
            raise forms.ValidationError(gettext("That is not right. Check capital letters and the input method, then try again."))
        return proof

    def _is_code(self, proof: str) -> bool:
        from allauth.mfa.base.forms import AuthenticateForm

        if not (proof.isascii() and proof.isdigit() and len(proof) in (6, 8)):
            return False
        return bool(AuthenticateForm({"code": proof}, user=self.request.user).is_valid())


class ChangePasswordForm(NewPasswordMixin):
    """A signed-in person changes the password; who it is was proved just before (recent_sign_in)."""
