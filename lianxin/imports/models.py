"""Workbooks on their way in. What was staged is sealed, and deleted once it is brought in or given up."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lianxin.imports.sheets import declared
from lianxin.ledger.models import Batch


class UploadState(models.TextChoices):
    CHECKING = "checking", _("being checked")
    UNREADABLE = "unreadable", _("could not be read")
    WRONG = "wrong", _("has mistakes")
    READY = "ready", _("ready to bring in")
    PUBLISHING = "publishing", _("being brought in")
    DONE = "done", _("brought in")
    FAILED = "failed", _("stopped, nothing brought in")
    DISCARDED = "discarded", _("given up")


OPEN = (UploadState.CHECKING, UploadState.UNREADABLE, UploadState.WRONG, UploadState.READY, UploadState.PUBLISHING)
"""States in which the workbook still stands on its sheet's page."""


class UploadQuerySet(models.QuerySet["Upload"]):
    def open(self) -> Self:
        return self.filter(state__in=OPEN)

    def withdrawn(self) -> Self:
        """Could not be brought in, so that what was written of them is deleted again, or was."""
        return self.filter(batch__visible=False).exclude(refusals=[])


class Upload(models.Model):
    """One workbook, from its arrival to the day it is history: who, when, which file, how many rows."""

    sheet = models.CharField(max_length=40)
    file_name = models.CharField(max_length=200)
    file_hash = models.CharField(max_length=64)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    path = models.CharField(max_length=120, blank=True)
    """How high the actor's right to import reached: whose history it stands in."""
    at_terminal = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=UploadState, default=UploadState.CHECKING)
    created_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    """The last sign of progress."""
    rows = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    wrong = models.PositiveIntegerField(default=0)
    samples = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    mapping = models.JSONField(default=dict)
    """For workbooks from elsewhere: column key → heading, letter or fixed value, as somebody said it."""
    read_as = models.JSONField(default=dict)
    """For such workbooks: column key → heading it was read from."""
    refusals = models.JSONField(default=list)
    """What keeps the file as a whole from being read, or stopped it: [message, params] each."""
    batch = models.OneToOneField(Batch, models.PROTECT, null=True, related_name="+")

    objects = UploadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["actor", "sheet"], condition=Q(state__in=OPEN), name="upload_one_open_per_sheet")
        ]
        indexes = [models.Index(fields=["path", "-created_at"], name="upload_path_created")]

    def __str__(self) -> str:
        return f"{self.sheet} {self.file_name}"

    @property
    def title(self) -> object:
        """The sheet's name, in the reader's language."""
        sheet = declared().get(self.sheet)
        return sheet.title if sheet else self.sheet

    @property
    def who(self) -> str:
        """The name of who uploaded it; the account's where it belongs to nobody."""
        person = getattr(self.actor, "person", None)
        return person.name if person else self.actor.username

    @property
    def is_done(self) -> bool:
        return self.state == UploadState.DONE

    @property
    def to_write(self) -> int:
        return self.added + self.changed


class StagedSlice(models.Model):
    """At most 1,000 rows to write, sealed: workbooks hold names and phones."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="slices")
    number = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    changes = models.BooleanField()
    """Whether these rows change what is on record, rather than add to it."""
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "number"], name="slice_once")]

    def __str__(self) -> str:
        return f"{self.upload_id}/{self.number}"


class Remark(models.Model):
    """What the preview says of one row: a mistake in a cell, or a difference from what is on record."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="remarks")
    is_mistake = models.BooleanField()
    row = models.PositiveIntegerField()
    column = models.CharField(max_length=40, blank=True)
    letter = models.CharField(max_length=3, blank=True)
    found = models.CharField(max_length=200, blank=True)
    message = models.CharField(max_length=500, blank=True)
    params = models.JSONField(default=dict)
    """Of a mistake: what its message names. Of a difference: `before`."""

    class Meta:
        ordering = ["row", "id"]
        indexes = [models.Index(fields=["upload", "is_mistake", "row"], name="remark_upload_row")]

    def __str__(self) -> str:
        return f"{self.upload_id} row {self.row}"
