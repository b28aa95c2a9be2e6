"""Taking lists out: a reason, at most 500 rows alone, a second person above that, a line that says who took it, one entry.

A room makes an `Export` (what, of which unit, columns, rows) and gives it to `export_pages.answer`.
"""

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from lianxin.ledger import clock
from lianxin.ledger.actions import record
from lianxin.organizations.access import APPROVE, EXPORT, AnyUser, may, scope
from lianxin.organizations.errors import OrganizationError
from lianxin.organizations.models import ExportRequest, Person, Unit
from lianxin.organizations.people import SHORTEST_REASON
from lianxin.ui.words import words_in

ALONE = 500
"""Rows one person may take out alone."""
MOST = 100_000
APPROVED_FOR = timedelta(days=7)
FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""First characters by which a spreadsheet takes a cell of a CSV file for a formula."""

Form = Literal["xlsx", "csv"]


@dataclass(frozen=True)
class Export:
    """A list that may be taken out."""

    table: str
    """What it is, for the ledger: `people`, `standings`, `entries`."""
    title: str
    unit: Unit
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    phones: bool = False
    """A column of it holds phones, masked."""


@transaction.atomic
def export_list(*, actor: Any, export: Export, reason: str, form: Form, address: str) -> bytes:
    """The list as a file. Entered with the reason and the file's digest.

    address: the page it is taken from; above 500 rows an approved request for that very page is used up.
    Raises Http404 without the permission on the unit, OrganizationError for a reason too short or too many rows.
    """
    _check(actor, export, reason)
    request = None
    if len(export.rows) > ALONE:
        request = approved_request(actor, export, address)
        if request is None:
            raise OrganizationError("not_approved", most=ALONE)
        request.fetched_at = clock.now()
        request.save(update_fields=["fetched_at"])
    watermark = _watermark(actor, reason)
    file = (_workbook if form == "xlsx" else _csv)(export, watermark)
    record(
        actor=actor,
        kind="organizations.exported",
        unit=export.unit,
        happened_on=clock.today(),
        data={"table": export.table, "rows": len(export.rows), "form": form, **({"request": request.pk} if request else {})},
        evidence=[hashlib.sha256(file).hexdigest()],
        reason=reason,
    )
    return file


@transaction.atomic
def request_export(*, actor: Any, export: Export, reason: str, address: str) -> ExportRequest:
    """Ask a second person to let a long list out."""
    _check(actor, export, reason)
    entry = record(
        actor=actor,
        kind="organizations.export_requested",
        unit=export.unit,
        happened_on=clock.today(),
        data={"table": export.table, "rows": len(export.rows)},
        reason=reason,
    )
    return ExportRequest.objects.create(
        user=actor,
        unit=export.unit,
        table=export.table,
        title=export.title[:200],
        address=address[:500],
        rows=len(export.rows),
        requested_at=clock.now(),
        entry=entry,
    )


@transaction.atomic
def decide_export(*, actor: Any, request: ExportRequest, approve: bool) -> None:
    """A second person's word. Never the requester's own."""
    if not may(actor, APPROVE, request.unit):
        raise Http404
    if request.user_id == actor.pk:
        raise OrganizationError("own_request")
    decided = ExportRequest.objects.filter(pk=request.pk, approved=None)
    if not decided.update(approved=approve, decided_by=actor, decided_at=clock.now()):
        raise OrganizationError("decided")
    record(
        actor=actor,
        kind="organizations.export_approved" if approve else "organizations.export_declined",
        unit=request.unit,
        happened_on=clock.today(),
        data={"request": request.pk},
    )


# --- reading ---------------------------------------------------------------------------------------------------------


def requests_for(user: AnyUser) -> QuerySet[ExportRequest]:
    """The user's own requests, and those they may decide on, newest first."""
    mine_or_to_decide = Q(user=user.pk) | scope(user, APPROVE, prefix="unit__")
    requests = ExportRequest.objects.filter(mine_or_to_decide).select_related("user__person", "unit", "entry__reason")
    return requests.order_by("-pk")


def waiting_for(user: AnyUser) -> ExportRequest | None:
    """The oldest request of somebody else that waits for the user."""
    others = ExportRequest.objects.filter(scope(user, APPROVE, prefix="unit__"), approved=None).exclude(user=user.pk)
    return others.select_related("unit").order_by("pk").first()


def request_for(user: AnyUser, pk: int) -> ExportRequest:
    """One request the user may decide on. Raises Http404."""
    request = ExportRequest.objects.filter(scope(user, APPROVE, prefix="unit__"), pk=pk).first()
    if request is None:
        raise Http404
    return request


def approved_request(user: AnyUser, export: Export, address: str) -> ExportRequest | None:
    """The user's approved and unused request for this page, if the list has not grown since."""
    return ExportRequest.objects.filter(
        user=user.pk,
        unit=export.unit,
        table=export.table,
        address=address,
        approved=True,
        fetched_at=None,
        rows__gte=len(export.rows),
        decided_at__gt=clock.now() - APPROVED_FOR,
    ).first()


# --- files -----------------------------------------------------------------------------------------------------------


def _check(actor: Any, export: Export, reason: str) -> None:
    if not may(actor, EXPORT, export.unit):
        raise Http404
    if len(words_in(reason)) < SHORTEST_REASON:
        raise OrganizationError("reason_short")
    if len(export.rows) > MOST:
        raise OrganizationError("too_many_rows", rows=len(export.rows), most=MOST)


def _watermark(actor: Any, reason: str) -> str:
    person = Person.objects.filter(user=actor.pk).first()
    return _("Taken out by %(name)s (%(account)s) on %(time)s for: %(reason)s. Pass it on to nobody else.") % {
        "name": person.name if person else actor.username,
        "account": actor.username,
        "time": f"{clock.local(clock.now()):%Y-%m-%d %H:%M}",
        "reason": reason.strip(),
    }


def _workbook(export: Export, watermark: str) -> bytes:
    """XLSX: text stays text (no formulas, no links), the watermark stands below the rows and on every printed page."""
    import xlsxwriter  # only here: whoever writes no workbook does not wait for it

    file = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, plain) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, export.columns, workbook.add_format({"bold": True}))
        number = 0
        for number, row in enumerate(export.rows, 1):
            sheet.write_row(number, 0, [_cell(value) for value in row])
        sheet.write_string(number + 2, 0, watermark)
        sheet.set_footer("&L" + watermark.replace("&", "&&")[:240])
        sheet.freeze_panes(1, 0)
    return file.getvalue()


def _csv(export: Export, watermark: str) -> bytes:
    """CSV as Excel in China opens it (UTF-8 with a mark), every cell quoted, none that a spreadsheet takes for a formula."""
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow([_harmless(column) for column in export.columns])
    writer.writerows([_harmless(value) for value in row] for row in export.rows)
    writer.writerow([_harmless(watermark)])
    return b"\xef\xbb\xbf" + file.getvalue().encode()


def _cell(value: Any) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else "" if value is None else str(value)


def _harmless(value: Any) -> str:
    """A cell of a CSV file; numbers stay numbers, text that begins like a formula gets an apostrophe before it."""
    text = str(_cell(value))
    if isinstance(value, str) and text.startswith(FORMULA):
        return "'" + text
    return text
