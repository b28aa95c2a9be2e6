"""Organisational life (组织生活): what a branch or group held. What, where and when stands in the ledger; here stand the words.

A gathering is never changed: each correction adds a version with an entry of its own. A joint gathering is one gathering per unit
taking part, each with its own entry, all pointing at the host's: nobody ticks “joint”, it is joint because somebody joined.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lianxin.ledger.versions import Version
from lianxin.organizations.models import Unit

WORDS = 1000
PLACE = 120
"""The most a person may write in one field."""
MOST_PRESENT = 10_000


class GatheringKind(models.TextChoices):
    """What was held. Each is an entry kind of its own: `gatherings.<value>`."""

    MEMBERS_MET = "members_met", _("members' meeting")
    COMMITTEE_MET = "committee_met", _("committee meeting")
    GROUP_MET = "group_met", _("group meeting")
    LESSON_HELD = "lesson_held", _("lesson")
    THEMED_DAY_HELD = "themed_day_held", _("themed day")
    LIFE_MEETING_HELD = "life_meeting_held", _("organisational life meeting")
    REVIEW_HELD = "review_held", _("democratic review")

    @property
    def entry_kind(self) -> str:
        return f"gatherings.{self.value}"


class Gathering(models.Model):
    """One unit's gathering. What is known of it stands in its versions."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="gatherings")
    host = models.ForeignKey("self", models.PROTECT, null=True, related_name="guests")
    """The gathering of the unit that invited, where this unit joined another's."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host", "unit"], condition=~Q(host=None), name="gathering_joined_once"),
        ]

    def __str__(self) -> str:
        return f"gathering {self.pk} of {self.unit_id}"

    @property
    def subject(self) -> str:
        """What all who held it together point at: the host's gathering."""
        return f"gatherings.gathering:{self.host_id or self.pk}"


class GatheringVersion(Version):
    """What was said of a gathering at one time. Kind and day stand in its entry."""

    gathering = models.ForeignKey(Gathering, models.PROTECT, related_name="versions")
    topic = models.CharField(max_length=WORDS)
    place = models.CharField(max_length=PLACE, blank=True)
    """Where, if not at the unit's own rooms (异地)."""
    present = models.PositiveIntegerField(null=True, blank=True)
    """How many of this unit came; null: not counted."""

    def __str__(self) -> str:
        return f"gathering {self.gathering_id}, entry {self.entry_id}"

    @property
    def words(self) -> dict[str, object]:
        return {"topic": self.topic, "place": self.place, "present": self.present}
