"""The private calendar: what falls due, one day-long event each, as iCalendar (RFC 5545). No names of people."""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from lianxin.accounts.models import User
from lianxin.ledger import clock
from lianxin.reminders.notices import Due
from lianxin.reminders.queries import travelling


def calendar_of(user: User, address: str) -> bytes:
    """What the user owes, in the user's language. `address`: where the product is reached, without a slash at the end."""
    with translation.override(user.language or settings.LANGUAGE_CODE):
        calendar = Calendar()
        calendar.add("prodid", "-//Lianxinqiao//reminders//ZH")
        calendar.add("version", "2.0")
        calendar.add("method", "PUBLISH")
        calendar.add("x-wr-calname", _("Lianxinqiao: due"))
        calendar.add("x-wr-timezone", settings.LOCAL_ZONE)
        calendar.add("refresh-interval;value=duration", "PT12H")
        calendar.add("x-published-ttl", "PT12H")
        for item in travelling(user):
            if item.due is not None:
                calendar.add_component(_event(item, address))
        made: bytes = calendar.to_ical()
        return made


def _event(item: Due, address: str) -> Event:
    event = Event()
    event.add("uid", f"{hashlib.sha256(item.key.encode()).hexdigest()[:32]}@lianxinqiao")
    event.add("dtstamp", clock.local(clock.now()))
    event.add("dtstart", item.due)
    event.add("dtend", (item.due or clock.today()) + timedelta(days=1))
    event.add("summary", _("%(what)s · %(unit)s") % {"what": item.text, "unit": item.unit_name})
    event.add("transp", "TRANSPARENT")
    if item.address:
        event.add("url", address + item.address)
    return event
