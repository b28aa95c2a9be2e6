"""Addresses of one's own account. From django-allauth only what we use is mounted, with our pages."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.base import views as second_step
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.http.response import HttpResponseBase
from django.urls import path
from django.views import View

from lianxin.accounts import views
from lianxin.accounts.gate import public, signed_in
from lianxin.accounts.proof import recent_sign_in

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/", views.sign_in, name="account_login"),  # the name allauth looks for
    path(
        "sign-in/code/",
        public("GET", "POST")(second_step.AuthenticateView.as_view(template_name="accounts/code.html")),
        name="mfa_authenticate",
    ),
    path("sign-in/passkey/", public("GET", "POST")(passkeys.LoginWebAuthnView.as_view()), name="mfa_login_webauthn"),
    path("sign-in/again/", views.prove, name="prove"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("account/", views.account, name="account"),
    path("account/password/", views.change_password, name="change_password"),
    path("account/sessions/", views.sessions, name="sessions"),
    path("account/sessions/end/", views.end_sessions, name="end_sessions"),
]


def own(view: "type[View[Any]]", template: str, *methods: str) -> Callable[..., HttpResponseBase]:
    """A page of allauth about one's own second step: with our template, under a fresh proof."""
    return signed_in(*(methods or ("GET", "POST")))(recent_sign_in(view.as_view(template_name=template)))


def change(view: "type[View[Any]]", template: str) -> Callable[..., HttpResponseBase]:
    """Such a page by which one signs in differently from now on: whoever came in as it was before is signed out elsewhere."""
    return signed_in("GET", "POST")(recent_sign_in(views.ending_others(view.as_view(template_name=template))))


urlpatterns += [
    path(
        "account/second-step/",
        signed_in(second_step.IndexView.as_view(template_name="accounts/second_step.html")),
        name="mfa_index",
    ),
    path("account/second-step/app/", change(totp.ActivateTOTPView, "accounts/app_add.html"), name="mfa_activate_totp"),
    path(
        "account/second-step/app/remove/", change(totp.DeactivateTOTPView, "accounts/app_remove.html"), name="mfa_deactivate_totp"
    ),
    path(
        "account/second-step/codes/",
        own(codes.ViewRecoveryCodesView, "accounts/codes.html", "GET"),
        name="mfa_view_recovery_codes",
    ),
    path(
        "account/second-step/codes/new/",
        own(codes.GenerateRecoveryCodesView, "accounts/codes_new.html"),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "account/second-step/passkeys/", own(passkeys.ListWebAuthnView, "accounts/passkeys.html", "GET"), name="mfa_list_webauthn"
    ),
    path(
        "account/second-step/passkeys/add/",
        change(passkeys.AddWebAuthnView, "accounts/passkey_add.html"),
        name="mfa_add_webauthn",
    ),
    path(
        "account/second-step/passkeys/<int:pk>/remove/",
        change(passkeys.RemoveWebAuthnView, "accounts/passkey_remove.html"),
        name="mfa_remove_webauthn",
    ),
]
