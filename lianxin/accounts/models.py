"""Who can sign in. A user is only a key to the door; who it is and what it may do stands in organizations."""

from datetime import datetime
from typing import Any, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from lianxin.ledger.models import Entry


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save()
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=username)


class User(AbstractBaseUser):
    """An account: a name to sign in with, a password, an address for the daily mail."""

    username = models.CharField(max_length=40, unique=True)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    language = models.CharField(max_length=10, blank=True)
    large_text = models.BooleanField(default=False)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"

    objects = UserManager()

    def __str__(self) -> str:
        return self.username

    def get_full_name(self) -> str:
        return self.username


class Session(AbstractBaseSession):
    """One sign-in on one device. The key is a digest of the browser's cookie (see sessions.py)."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    signed_in_at = models.DateTimeField(null=True)
    device = models.CharField(max_length=60, blank=True)
    """Kind of device and browser, in a word or two; no address is kept."""

    def __str__(self) -> str:
        return f"{self.user_id} on {self.device}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open_at(self, instant: datetime) -> Self:
        """Links that can still be used at that instant (naive UTC)."""
        return self.filter(used_at=None, revoked_at=None, expires_at__gt=instant)


class Invitation(models.Model):
    """A one-time link by which a person chooses a password. The link itself is not kept, only a keyed digest of its token."""

    user = models.ForeignKey(User, models.CASCADE, related_name="invitations")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+")
    """The act that issued it; it tells the unit on whose timeline it stands."""

    objects = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user_id} until {self.expires_at}"


class UsedNetwork(models.Model):
    """An address from which somebody lately proved who they are, as a keyed digest (see networks.py)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="networks")
    network = models.CharField(max_length=64)
    last_on = models.DateField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "network"], name="network_of_user_once")]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.last_on}"


class Limit(models.Model):
    """How often something was tried lately, or a code already used (see limits.py)."""

    key = models.CharField(max_length=64, primary_key=True)
    """A digest: what was tried names accounts and addresses."""
    value = models.TextField()
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key[:8]} until {self.until}"
