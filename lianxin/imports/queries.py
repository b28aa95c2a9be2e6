"""The door for reading imports: the user first. A workbook's rows are seen by who uploaded it alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import Http404

from lianxin.accounts.models import User
from lianxin.imports.errors import Mistake
from lianxin.imports.models import Remark, Upload, UploadState
from lianxin.imports.sheets import Sheet, declared
from lianxin.imports.turns import is_under_way
from lianxin.ledger import clock
from lianxin.organizations.access import SUBTREE, AnyUser, grants_for, may
from lianxin.organizations.models import subtree

PER_PAGE = 50
SILENCE = timedelta(seconds=15)
"""How long checking or bringing in may show no progress before the page asks whether anybody is still at it."""


def sheets_for(user: AnyUser) -> list[Sheet]:
    """The sheets the user may bring in."""
    return [sheet for sheet in declared().values() if may(user, sheet.permission)]


def sheet_for(user: AnyUser, key: str) -> Sheet:
    """One sheet by key. Raises Http404 where there is none and, alike, where the user may not."""
    sheet = next((sheet for sheet in sheets_for(user) if sheet.key == key), None)
    if sheet is None:
        raise Http404
    return sheet


def history_for(user: AnyUser, page: str | int = 1) -> Page[Upload]:
    """Workbooks the user uploaded, and those of people whose right to import lies within the user's own; newest first."""
    seen = Q(actor_id=user.pk)
    for grant in grants_for(user):
        for sheet in declared().values():
            if grant.reach == SUBTREE and sheet.permission in grant.permissions:
                seen |= Q(sheet=sheet.key) & subtree(grant.path)
    uploads: QuerySet[Upload] = Upload.objects.filter(seen).select_related("actor__person").order_by("-created_at", "-id")
    return Paginator(uploads, PER_PAGE).get_page(page)


@dataclass(frozen=True)
class Difference:
    """One cell that says something else than what is on record."""

    row: int
    heading: object
    before: str
    after: str


@dataclass(frozen=True)
class Preview:
    """A workbook on its sheet's page."""

    upload: Upload
    refusals: list[str]
    remarks: Page[Remark]
    mistakes: list[Mistake]
    differences: list[Difference]
    running: bool
    """Somebody is at it: the page looks again by itself."""
    read_as: list[tuple[object, str]]
    """Of a workbook from elsewhere: what it tells, and the heading (or the one value) it was read from."""
    interrupted: bool
    """Nobody is at it any more: the work can be taken up again."""


def preview_for(user: User, sheet: Sheet, page: str | int = 1) -> Preview | None:
    """The user's open workbook of a sheet, or the one that ended last while nothing else was begun; None before the first."""
    upload = Upload.objects.filter(actor=user, sheet=sheet.key).exclude(state=UploadState.DISCARDED).order_by("-id").first()
    if upload is None:
        return None
    remarks = Paginator(upload.remarks.order_by("row", "id"), PER_PAGE).get_page(page)
    differences = [difference_of(upload, remark) for remark in remarks if not remark.is_mistake]
    at_work = upload.state in (UploadState.CHECKING, UploadState.PUBLISHING)
    silent = at_work and clock.now() - upload.touched_at > SILENCE
    interrupted = silent and (upload.state == UploadState.CHECKING or not is_under_way(sheet.key))
    mistakes = [mistake_of(upload, remark) for remark in remarks if remark.is_mistake]
    refusals = [*refusals_of(upload)]
    read_as: list[tuple[object, str]] = [
        (column.label, upload.read_as[column.key]) for column in sheet.columns if column.key in upload.read_as
    ]
    return Preview(upload, refusals, remarks, mistakes, differences, at_work and not interrupted, read_as, interrupted)


def refusals_of(upload: Upload) -> Iterator[str]:
    """What keeps the file from being brought in, in the reader's language."""
    for message, params in upload.refusals:
        yield Mistake(0, "", "", "", "", message, params).why


def mistakes_of(upload: Upload) -> Iterator[Mistake]:
    """Every wrong cell, by row."""
    for remark in upload.remarks.filter(is_mistake=True).order_by("row", "id").iterator(chunk_size=1_000):
        yield mistake_of(upload, remark)


def mistake_of(upload: Upload, remark: Remark) -> Mistake:
    heading = _heading(upload, remark.column)
    return Mistake(remark.row, remark.column, remark.letter, heading, remark.found, remark.message, remark.params)


def difference_of(upload: Upload, remark: Remark) -> Difference:
    return Difference(remark.row, _heading(upload, remark.column), str(remark.params.get("before", "")), remark.found)


def _heading(upload: Upload, key: str) -> object:
    return next((column.label for column in declared()[upload.sheet].columns if column.key == key), key)
