"""Pages of one's own account: sign in and out, prove oneself again, password, sessions, second step."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from lianxin.accounts import actions, queries
from lianxin.accounts.forms import ChangePasswordForm, ProofForm, SignInForm
from lianxin.accounts.gate import public, signed_in
from lianxin.accounts.models import User
from lianxin.accounts.proof import note_proof, recent_sign_in, safe_next
from lianxin.accounts.sessions import stored_key


@public("GET", "POST")
@sensitive_post_parameters("password")
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """One sentence for every failure: it never tells whether the account exists."""
    go_on = safe_next(request, resolve_url(settings.LOGIN_REDIRECT_URL))
    if request.user.is_authenticated:
        return redirect(go_on)
    if request.method == "POST" and not ratelimit.consume(request, action="login"):
        return too_many(request)
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = {name: form.cleaned_data[name] for name in ("username", "password")}
        user = authenticate(request, **typed)
        if user is not None:
            request.session.set_expiry(settings.SESSION_COOKIE_AGE if form.cleaned_data["remember"] else 0)
            return perform_password_login(request, typed, Login(user=user, redirect_url=go_on))
        form.add_error(None, _("Sign-in name and password do not fit together. Check both and try again."))
    page = {"form": form, "next": request.POST.get("next") or request.GET.get("next"), "passkeys": passkeys_work(request)}
    return render(request, "accounts/sign_in.html", page, status=422 if form.errors else 200)


@public
def locked(request: HttpRequest, *_: Any) -> HttpResponse:
    """What people see after too many wrong passwords (called by django-axes)."""
    return render(request, "accounts/locked.html", status=429)


def too_many(request: HttpRequest) -> HttpResponse:
    """One address tries many names: each costs us a slow hash, so there is a bound (settings, ACCOUNT_RATE_LIMITS)."""
    return render(request, "accounts/too_many.html", status=429)


@signed_in("POST")
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponseRedirect("/", headers={"Clear-Site-Data": '"cache"'})  # so that the back button shows nothing more


@signed_in("GET", "POST")
@sensitive_post_parameters("proof")
@never_cache
def prove(request: HttpRequest) -> HttpResponse:
    form = ProofForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        note_proof(request)
        return redirect(safe_next(request, resolve_url("account")))
    page = {"form": form, "next": request.POST.get("next") or request.GET.get("next")}
    return render(request, "accounts/prove.html", page, status=422 if form.errors else 200)


@signed_in
def account(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/account.html")


@signed_in("GET", "POST")
@sensitive_post_parameters("password", "again")
@recent_sign_in
def change_password(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    form = ChangePasswordForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        actions.change_password(actor=user, password=form.cleaned_data["password"])
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password is changed. Everywhere else you are signed out."))
        return redirect("account")
    return render(request, "accounts/change_password.html", {"form": form}, status=422 if form.errors else 200)


def ending_others(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The view; once its form is taken (it then leads on), the account's other sessions end."""

    @wraps(view)
    def changing(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if request.method == "POST" and response.status_code == HTTPStatus.FOUND:
            actions.end_other_sessions(actor=cast(User, request.user), keep=stored_key(request.session.session_key))
        return response

    return changing


@signed_in
def sessions(request: HttpRequest) -> HttpResponse:
    this = stored_key(request.session.session_key)
    return render(request, "accounts/sessions.html", {"sessions": queries.sessions_of(cast(User, request.user)), "this": this})


@signed_in("POST")
def end_sessions(request: HttpRequest) -> HttpResponse:
    """End one session, or, without one named, all others."""
    named = request.POST.get("session", "")
    if named.isalnum():
        actions.end_session(actor=cast(User, request.user), session_key=named)
    else:
        actions.end_other_sessions(actor=cast(User, request.user), keep=stored_key(request.session.session_key))
    return redirect("sessions")


def passkeys_work(request: HttpRequest) -> bool:
    """Browsers give passkeys to secure pages only: over TLS, or on the machine itself."""
    return request.is_secure() or request.get_host().partition(":")[0] in ("localhost", "127.0.0.1")
