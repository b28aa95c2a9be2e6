"""The door for reading reminders: the user first."""

import hashlib
import hmac
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.http import Http404

from lianxin.accounts.models import User
from lianxin.ledger import clock
from lianxin.organizations.access import AnyUser, may
from lianxin.reminders.models import Feed, NoMail
from lianxin.reminders.notices import Due, Notice, declared
from lianxin.reminders.owed import urgency


@dataclass(frozen=True)
class Reminder:
    """A notice and what it says today."""

    notice: Notice
    items: Sequence[Due]


def reminders_for(user: AnyUser, today: date | None = None) -> list[Reminder]:
    """Everything that is owed by, waits for, or is awaited by the user; notices with nothing to say left out."""
    day = today or clock.today()
    found = []
    for notice in declared().values():
        if any(may(user, permission) for permission in notice.permission.split("|")):
            items = notice.due(user, day)
            if items:
                found.append(Reminder(notice, items))
    return sorted(found, key=lambda reminder: (reminder.notice.with_others, not reminder.notice.waiting))


def travelling(user: AnyUser, today: date | None = None) -> list[Due]:
    """What goes into the calendar and the mail, soonest first."""
    items = [
        item
        for reminder in reminders_for(user, today)
        if reminder.notice.travels and not reminder.notice.with_others
        for item in reminder.items
    ]
    return sorted(items, key=urgency)


def feed_token(user_id: int, nonce: str) -> str:
    """The secret in a calendar's address: 160 bits that only the key outside the database and the nonce together make."""
    made = hmac.new(bytes.fromhex(settings.KEYS["feed"]), f"{user_id}:{nonce}".encode(), hashlib.sha256).digest()
    return b32encode(made[:20]).decode().lower()


def feed_digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def feed_of(user: User) -> str:
    """The token of the user's calendar, empty where it is not open."""
    feed = Feed.objects.filter(user=user).first()
    return feed_token(user.pk, feed.nonce) if feed else ""


def user_behind(token: str) -> User:
    """Whose calendar an address opens. Raises Http404 where there is none, or none any more, or the account is closed."""
    feed = Feed.objects.select_related("user").filter(digest=feed_digest(token), user__is_active=True).first()
    if feed is None or not hmac.compare_digest(feed_token(feed.user_id, feed.nonce), token):
        raise Http404
    user: User = feed.user
    return user


def wants_mail(user: User) -> bool:
    return not NoMail.objects.filter(user=user).exists()
