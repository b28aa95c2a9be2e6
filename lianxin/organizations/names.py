"""Names: how they are searched, and whose a reader may see. Without the right to see people, a plain word stands instead."""

from django.utils.translation import gettext as _

from lianxin.organizations.access import PEOPLE_VIEW, AnyUser, may
from lianxin.organizations.models import Person, Unit


def pinyin_initials(name: str) -> str:
    """`特门嘎查` → `tmgc`."""
    from pypinyin import Style, lazy_pinyin  # only here: its dictionaries take longer to load than all of us

    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()[:60]


def name_shown(reader: AnyUser, person: Person | None, unit: Unit) -> str:
    """The person's name, to themselves and to who may see the people of `unit`; else that it is not shown."""
    if person is None:
        return _("the office")
    if (person.user_id is not None and person.user_id == reader.pk) or may(reader, PEOPLE_VIEW, unit):
        return person.name
    return _("name not shown")


def person_of(account: AnyUser) -> Person | None:
    """Who the account belongs to."""
    return Person.objects.filter(user_id=account.pk).first() if account.is_authenticated else None
