"""The door for changing accounts: issue and accept a link, change a password, end sessions, close an account."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from lianxin.accounts.errors import AccountError
from lianxin.accounts.models import Invitation, Session, User
from lianxin.accounts.sealing import fingerprint
from lianxin.ledger import clock
from lianxin.ledger.actions import Act, record, record_many
from lianxin.ledger.models import Entry

LINK_LASTS = timedelta(days=14)
TOKEN_BYTES = 20
"""160 bits: beyond guessing, short enough for a small QR code."""


@transaction.atomic
def issue_links(*, actor: User, accounts: list[tuple[User, Any]]) -> list[str]:
    """One-time links for accounts, each entered on its unit's timeline. Returns the tokens: they exist nowhere else.

    Links issued before and not used stop working.
    """
    now = clock.now()
    _revoke_open([user.pk for user, _ in accounts], now)
    entries = record_many(
        actor=actor,
        acts=[
            Act("accounts.invited", unit, clock.today(), subject=f"accounts.user:{user.pk}", data={"account": user.pk})
            for user, unit in accounts
        ],
    )
    tokens = [secrets.token_hex(TOKEN_BYTES) for _ in accounts]
    Invitation.objects.bulk_create(
        Invitation(user=user, digest=digest_of(token), created_at=now, expires_at=now + LINK_LASTS, entry=entry)
        for (user, _), token, entry in zip(accounts, tokens, entries, strict=True)
    )
    return tokens


@transaction.atomic
def accept_invitation(*, invitation: Invitation, username: str, password: str) -> User:
    """Use a link: the account gets this name and password, every session of it elsewhere ends, a lost second step is gone.

    Raises AccountError where the link is dead by now or the name is taken.
    """
    now = clock.now()
    if not Invitation.objects.open_at(now).filter(pk=invitation.pk).update(used_at=now):
        raise AccountError("link_dead")
    user = invitation.user
    if User.objects.filter(username__iexact=username).exclude(pk=user.pk).exists():
        raise AccountError("name_taken", name=username)
    user.username, user.is_active = username, True
    user.set_password(password)
    user.save()
    user.authenticator_set.all().delete()  # allauth's: whoever lost their phone starts anew
    Session.objects.filter(user=user).delete()
    record(
        actor=user,
        kind="accounts.accepted",
        unit=invitation.entry.unit,
        happened_on=clock.today(),
        subject=f"accounts.user:{user.pk}",
        data={"account": user.pk},
    )
    return user


@transaction.atomic
def revoke_invitations(*, actor: User, user: User, unit: Any) -> Entry | None:
    """Withdraw an account's unused links. None when there was none."""
    if not _revoke_open([user.pk], clock.now()):
        return None
    return _record_about(actor, "accounts.revoked", user, unit)


@transaction.atomic
def deactivate_account(*, actor: User, user: User, unit: Any) -> Entry:
    """Close an account at once: its sessions end, its links die. A new invitation opens it again."""
    user.is_active = False
    user.set_unusable_password()
    user.save()
    Session.objects.filter(user=user).delete()
    _revoke_open([user.pk], clock.now())
    return _record_about(actor, "accounts.deactivated", user, unit)


@transaction.atomic
def change_password(*, actor: User, password: str) -> None:
    """A new password. Every session signed in with the old one ends; the caller keeps its own alive."""
    actor.set_password(password)
    actor.save(update_fields=["password"])


def end_session(*, actor: User, session_key: str) -> None:
    """End one of the actor's own sessions; nothing happens to anybody else's."""
    Session.objects.filter(user=actor, session_key=session_key).delete()


def end_other_sessions(*, actor: User, keep: str) -> None:
    """End every session of the actor's but the one to keep."""
    Session.objects.filter(user=actor).exclude(session_key=keep).delete()


def forget_expired_sessions() -> None:
    """Called at each sign-in, so that nothing has to be run by hand."""
    Session.objects.filter(expire_date__lt=clock.now()).delete()


def digest_of(token: str) -> str:
    return fingerprint(token, key="lookup")


def _revoke_open(user_ids: list[int], now: datetime) -> int:
    return Invitation.objects.open_at(now).filter(user__in=user_ids).update(revoked_at=now)


def _record_about(actor: User, kind: str, user: User, unit: Any) -> Entry:
    return record(
        actor=actor,
        kind=kind,
        unit=unit,
        happened_on=clock.today(),
        subject=f"accounts.user:{user.pk}",
        data={"account": user.pk},
    )


def standing_account(*, name: str) -> User:
    """The account in whose name something is recorded that no signed-in person does: `residents`, `clock`. Nobody can sign in
    with it: it has no password, and its name begins with a sign no name may begin with."""
    user, _made = User.objects.get_or_create(
        username=f"*{name}", defaults={"password": make_password(None), "created_at": clock.now()}
    )
    return user
