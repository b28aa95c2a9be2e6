"""What schemes keep: published texts and sealed verdicts. Everything else is computed."""

from django.db import models

from lianxin.ledger.models import Entry
from lianxin.organizations.models import Unit


class Version(models.Model):
    """A scheme's text as published. Never edited: a change is a new version."""

    append_only = True

    key = models.CharField(max_length=60)
    version = models.CharField(max_length=20)
    hash = models.CharField(max_length=64)
    """sha256 of the normalised content."""
    text = models.TextField()
    since = models.DateField()
    trial = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    """Set when a trial ends."""
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["key", "since", "id"]
        constraints = [models.UniqueConstraint(fields=["key", "version"], name="scheme_version_once")]

    def __str__(self) -> str:
        return f"{self.key}@{self.version}"


class Standing(models.Model):
    """The verdict of one clause for one unit and period, as sealed when the period's books closed. Always recomputable."""

    append_only = True

    scheme = models.CharField(max_length=60)
    version = models.CharField(max_length=20)
    version_hash = models.CharField(max_length=64)
    period = models.CharField(max_length=10)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    clause = models.CharField(max_length=40, blank=True)
    """Empty: the verdict as a whole."""
    n = models.IntegerField(null=True)
    need = models.IntegerField(null=True)
    missing = models.IntegerField(null=True)
    due = models.DateField(null=True)
    state = models.CharField(max_length=16)
    score = models.IntegerField(null=True)
    """Tenths of a point, or of a per cent."""
    stars = models.IntegerField(null=True)
    as_of = models.DateField()
    known_as_of = models.DateTimeField()
    recorded_at = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scheme", "period", "unit", "clause"], name="standing_sealed_once")]

    def __str__(self) -> str:
        return f"{self.scheme} {self.period} {self.unit_id} {self.clause}: {self.state}"
