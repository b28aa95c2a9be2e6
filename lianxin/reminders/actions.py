"""The door for changing: open and revoke the private calendar, choose the daily mail, send it."""

import logging
import secrets
from datetime import date, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import translation

from lianxin.accounts.models import User
from lianxin.ledger import clock
from lianxin.reminders import letter
from lianxin.reminders.models import Feed, Mail, NoMail
from lianxin.reminders.queries import feed_digest, feed_token, travelling

logger = logging.getLogger(__name__)

TAKEN_FOR = timedelta(minutes=10)
"""After this long, a mail somebody began to send and never finished is sent again (the same Message-ID tells the receiver)."""


def open_feed(*, actor: User) -> str:
    """Open the actor's private calendar under a new address; an older address stops working. Returns the token."""
    nonce = secrets.token_hex(16)
    token = feed_token(actor.pk, nonce)
    Feed.objects.update_or_create(user=actor, defaults={"nonce": nonce, "digest": feed_digest(token), "opened_at": clock.now()})
    return token


def revoke_feed(*, actor: User) -> None:
    """Close the actor's private calendar: its address answers like one that never was."""
    Feed.objects.filter(user=actor).delete()


def choose_mail(*, actor: User, wanted: bool, address: str = "") -> None:
    """Whether the actor gets the daily mail, and where to. Wanting it without an address takes back the address on record."""
    if wanted:
        User.objects.filter(pk=actor.pk).update(email=address)
        NoMail.objects.filter(user=actor).delete()
    else:
        NoMail.objects.get_or_create(user=actor, defaults={"since": clock.now()})


def send_daily(today: date | None = None, *, written: bool = False) -> int:
    """Write and send today's mails; returns how many went out. Call it as often as you like: nobody gets a second one.

    Each mail is a row of the outbox, unique by user and day, committed before it is sent and marked after. What could not be sent
    is tried again on the next call of the same day; yesterday's is never sent late, for today's says more.

    written: all of today's are in the outbox already; only what still waits there is sent.
    """
    day = today or clock.today()
    for user in () if written else _readers(day):
        _write(user, day)
    return sum(_send(mail) for mail in Mail.objects.select_related("user").filter(day=day, sent_at=None))


def _readers(day: date) -> QuerySet[User]:
    """Whoever may get a mail and has none of this day yet."""
    had = Mail.objects.filter(day=day).values("user")
    return User.objects.filter(is_active=True, no_mail=None).exclude(email="").exclude(pk__in=had).order_by("pk")


def _write(user: User, day: date) -> None:
    with translation.override(user.language or settings.LANGUAGE_CODE):
        items = letter.worth_a_mail(travelling(user, day), day)
        if not items:
            return
        subject, text = letter.subject(items), letter.text(items, day)
    try:
        with transaction.atomic():
            Mail.objects.create(user=user, day=day, subject=subject, text=text)
    except IntegrityError:  # another process wrote it between our look and now
        return


def _send(mail: Mail) -> int:
    """Send one mail if nobody else is sending it. At least once: a crash between sending and marking sends it again."""
    now = clock.now()
    free = Q(taken_at=None) | Q(taken_at__lt=now - TAKEN_FOR)
    if not Mail.objects.filter(free, pk=mail.pk, sent_at=None).update(taken_at=now):
        return 0
    message = EmailMessage(
        mail.subject,
        mail.text,
        to=[mail.user.email],
        headers={"Message-ID": f"<due-{mail.user_id}-{mail.day}@lianxinqiao>", "Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except OSError as failure:
        logger.warning("mail %s could not be sent: %s", mail.pk, failure)
        Mail.objects.filter(pk=mail.pk).update(taken_at=None)
        return 0
    Mail.objects.filter(pk=mail.pk).update(sent_at=clock.now(), text="")
    return 1
