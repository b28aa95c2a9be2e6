"""Signing in without a password, in a demonstration only."""

from django.contrib.auth import login
from django.http import HttpRequest

from lianxin.accounts.models import User


def sign_in_as(request: HttpRequest, username: str) -> None:
    """Sign the browser in as one of the demonstration's accounts."""
    login(request, User.objects.get(username=username), backend="lianxin.accounts.backends.AccountBackend")
