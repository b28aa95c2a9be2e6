"""Which page records what. What is owed of it the standings say, so nothing falls due here besides."""

from collections.abc import Callable

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from lianxin.gatherings.models import GatheringKind
from lianxin.organizations.access import GATHERING_RECORD
from lianxin.reminders.notices import records

WORDS = {
    GatheringKind.MEMBERS_MET: _("Record a members' meeting"),
    GatheringKind.COMMITTEE_MET: _("Record a committee meeting"),
    GatheringKind.GROUP_MET: _("Record a group meeting"),
    GatheringKind.LESSON_HELD: _("Record a lesson"),
    GatheringKind.THEMED_DAY_HELD: _("Record a themed day"),
    GatheringKind.LIFE_MEETING_HELD: _("Record an organisational life meeting"),
    GatheringKind.REVIEW_HELD: _("Record a democratic review"),
}


def page_for(kind: GatheringKind) -> Callable[[str], str]:
    return lambda code: f"{reverse('new_gathering')}?{urlencode({'unit': code, 'kind': kind.value})}"


for kind in GatheringKind:
    records(kind.entry_kind, WORDS[kind], permission=GATHERING_RECORD, address=page_for(kind))
