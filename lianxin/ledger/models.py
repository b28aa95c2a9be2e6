"""What happened. Entries are append-only; the database itself refuses anything else (see guard.py)."""

from datetime import date, datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Batch(models.Model):
    """A workbook being brought in. Its rows are written in small transactions and appear all at once, by this one flag."""

    sheet = models.CharField(max_length=40)
    file_hash = models.CharField(max_length=64)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    visible = models.BooleanField(default=False)
    visible_at = models.DateTimeField(null=True)
    """Since when: nobody knew of its rows before. Null though visible: from before this was noted, so known once recorded."""

    def __str__(self) -> str:
        return f"{self.sheet} {self.created_at}"


def seen(prefix: str = "", *, at: datetime | None = None) -> Q:
    """Rows of no batch, or of a batch that has been made visible (by that instant)."""
    shown = Q(**{f"{prefix}batch__visible": True})
    if at is not None:
        shown &= Q(**{f"{prefix}batch__visible_at": None}) | Q(**{f"{prefix}batch__visible_at__lte": at})
    return Q(**{f"{prefix}batch": None}) | shown


class EntryQuerySet(models.QuerySet["Entry"]):
    def happened_by(self, as_of: date) -> Self:
        """Entries of what had happened by that local date."""
        return self.filter(happened_on__lte=as_of)

    def known_at(self, instant: datetime) -> Self:
        """Entries recorded, and of an import made visible, by that instant, and not superseded by then."""
        return self.filter(seen(at=instant), Q(valid_to=None) | Q(valid_to__gt=instant), recorded_at__lte=instant)

    def standing(self) -> Self:
        """Entries not superseded."""
        return self.filter(seen(), valid_to=None)


class Entry(models.Model):
    """One thing that happened: timeline, audit and the only thing counted. Written by `record()` alone."""

    kind = models.CharField(max_length=80)
    unit = models.ForeignKey("organizations.Unit", models.PROTECT, related_name="entries")
    unit_path = models.CharField(max_length=120)
    happened_on = models.DateField()
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="entries")
    quantity = models.IntegerField(default=1)
    subject = models.CharField(max_length=80, blank=True)
    """Which row of which room: `liaison.visit:12`. What `once_per: subject` counts."""
    data = models.JSONField(default=dict)
    evidence = models.JSONField(default=list)
    supersedes = models.OneToOneField("self", models.PROTECT, null=True, related_name="superseded_by")
    valid_to = models.DateTimeField(null=True)
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="entries")
    """The import that wrote it; hidden until that batch is visible."""
    digest = models.CharField(max_length=64)
    """HMAC-SHA-256 over this entry and the digest before it, under a key outside the database."""

    objects = EntryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["unit", "kind", "happened_on"], name="entry_unit_kind_day"),
            models.Index(fields=["kind", "happened_on", "unit"], name="entry_kind_day_unit"),
            models.Index(fields=["unit_path", "happened_on"], name="entry_path_day"),
            models.Index(fields=["subject"], name="entry_subject"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=0), name="entry_quantity_not_negative"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("recorded_at")), name="entry_valid_after_recorded"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.happened_on} unit {self.unit_id}"


class Reason(models.Model):
    """Why an entry corrects another, in words. Beside the ledger, not in it, so that words can be erased and proofs kept."""

    entry = models.OneToOneField(Entry, models.CASCADE, related_name="reason")
    text = models.CharField(max_length=500)
    salt = models.CharField(max_length=16)

    def __str__(self) -> str:
        return self.text


class Submission(models.Model):
    """A form sent from outside, saved once however often it arrives: a key made with the form, and a hash of what was sent."""

    key = models.CharField(max_length=64, unique=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    body_hash = models.CharField(max_length=64)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+")
    received_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
