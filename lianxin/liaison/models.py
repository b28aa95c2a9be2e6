"""Contact points (联系点): who visited them and what practical problems were solved there.

What happened, where and when stands in the ledger; here stands what an entry must not hold: words, and who came. A visit is
never changed: each correction adds a version with an entry of its own, and the newest entry that stands says which version holds.
"""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lianxin.ledger.versions import Version
from lianxin.organizations.models import Person, Unit

WORDS = 1000
"""The most a person may write in one field."""


class VisitKind(models.TextChoices):
    RESEARCH = "research", pgettext_lazy("visit", "research visit")
    INSPECTION = "inspection", pgettext_lazy("visit", "inspection")


class Visit(models.Model):
    """One visit to a unit. What is known of it stands in its versions."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="visits")

    def __str__(self) -> str:
        return f"visit {self.pk} to {self.unit_id}"

    @property
    def subject(self) -> str:
        return f"liaison.visit:{self.pk}"


class VisitVersion(Version):
    """What was said of a visit at one time. Kind and day stand in its entry."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="versions")
    visitor = models.ForeignKey(Person, models.PROTECT, related_name="+")
    """Who came: a contact leader, an inspector."""
    findings = models.CharField(max_length=WORDS, blank=True)

    def __str__(self) -> str:
        return f"visit {self.visit_id}, entry {self.entry_id}"

    @property
    def words(self) -> dict[str, object]:
        return {"visitor": self.visitor_id, "findings": self.findings}


class ProblemState(models.TextChoices):
    HANDLED = "handled", _("handled, waits to be confirmed")
    CONFIRMED = "confirmed", _("solved")
    REJECTED = "rejected", _("not solved yet")
    WITHDRAWN = "withdrawn", _("taken back")


class ProblemQuerySet(models.QuerySet["Problem"]):
    def waiting(self) -> Self:
        """Handled, and nobody at the point has said yet whether it is solved."""
        return self.filter(state=ProblemState.HANDLED)

    def returned(self) -> Self:
        """The point said it is not solved: the leader's turn."""
        return self.filter(state=ProblemState.REJECTED)

    def unsettled(self) -> Self:
        return self.filter(Q(state=ProblemState.HANDLED) | Q(state=ProblemState.REJECTED))


class Problem(models.Model):
    """A practical problem of a contact point, taken up by its leader. Which moves it may make stands in workflow.py."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="liaison_problems")
    leader = models.ForeignKey(Person, models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=ProblemState)
    """Where its last step left it."""

    objects = ProblemQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["unit", "state"], name="problem_unit_state")]

    def __str__(self) -> str:
        return f"problem {self.pk} at {self.unit_id}, {self.state}"

    @property
    def subject(self) -> str:
        return f"liaison.problem:{self.pk}"

    @property
    def sign(self) -> str:
        """The shape and colour it is shown with: a state of lianxin.ui.states."""
        return {"handled": "waiting", "confirmed": "confirmed", "rejected": "behind", "withdrawn": "superseded"}[self.state]


class ProblemStep(Version):
    """One move of a problem, with the entry it wrote. Steps are only ever added."""

    problem = models.ForeignKey(Problem, models.PROTECT, related_name="steps")
    state = models.CharField(max_length=12, choices=ProblemState)
    matter = models.CharField(max_length=WORDS, blank=True)
    """What was wrong, in the words of this step (handled only)."""
    remedy = models.CharField(max_length=WORDS, blank=True)
    """What was done about it (handled only)."""

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"problem {self.problem_id} {self.state}, entry {self.entry_id}"

    @property
    def words(self) -> dict[str, object]:
        return {"leader": self.problem.leader_id, "state": self.state, "matter": self.matter, "remedy": self.remedy}
