"""What we change in django-allauth: no sign-up, our proof of freshness, sealed secrets, our QR codes, no addresses kept."""

import base64
import ipaddress
from io import BytesIO
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from lianxin.accounts.actions import forget_expired_sessions
from lianxin.accounts.proof import note_proof
from lianxin.accounts.sealing import fingerprint, seal, unseal
from lianxin.accounts.sessions import DEVICE, SIGNED_IN_AT
from lianxin.ledger import clock

DEVICES = [
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("HarmonyOS", "HarmonyOS"), ("Android", "Android")),
    *(("Windows", "Windows"), ("Macintosh", "Mac"), ("Linux", "Linux")),
]
BROWSERS = [
    *(("MicroMessenger", "WeChat"), ("Edg", "Edge"), ("QQBrowser", "QQ"), ("Firefox", "Firefox")),
    *(("Chrome", "Chrome"), ("Safari", "Safari")),
]


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in by user name and password; everything about e-mail addresses is off."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        super().login(request, user)
        forget_expired_sessions()
        request.session[SIGNED_IN_AT] = clock.now().isoformat()
        request.session[DEVICE] = device_of(request)
        note_proof(request)

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        return redirect("sign_in")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Never by allauth itself: the views that need it are mounted under `recent_sign_in`."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_token(request)

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Signing in and out speak for themselves."""
        if message_template not in ("account/messages/logged_in.txt", "account/messages/logged_out.txt"):
            super().add_message(request, level, message_template, *args, **kwargs)


class SecondStepAdapter(DefaultMFAAdapter):
    """Second step: secrets sealed like phones, QR codes drawn by segno."""

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def get_totp_issuer(self) -> str:
        return _("Lianxinqiao")

    def _get_site_name(self) -> str:
        return _("Lianxinqiao")

    def _get_user_identifier(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def build_totp_svg(self, url: str) -> str:
        import segno  # only here: hardly any page draws one

        drawn = BytesIO()
        segno.make(url).save(drawn, kind="svg", scale=5, border=2)
        return drawn.getvalue().decode()

    def encrypt(self, text: str) -> str:
        return base64.b64encode(seal(text, key="person", bound_to="second step")).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(base64.b64decode(encrypted_text), key="person", bound_to="second step")


def device_of(request: HttpRequest) -> str:
    """Kind of device and browser in two words: enough to know one's own again, too little to follow anybody."""
    agent = request.headers.get("User-Agent", "")
    found = [next((name for mark, name in table if mark in agent), "") for table in (DEVICES, BROWSERS)]
    return " · ".join(name for name in found if name)


def address_token(request: HttpRequest) -> str:
    """Stands for the browser's address when attempts are counted: a keyed digest in the form of a private IPv6 address."""
    digest = bytes.fromhex(fingerprint(request.META.get("REMOTE_ADDR", ""), key="lookup"))
    return str(ipaddress.IPv6Address(b"\xfd" + digest[:15]))
