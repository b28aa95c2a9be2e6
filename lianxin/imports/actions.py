"""The door for bringing workbooks in: stage, publish, discard.

Others keep working meanwhile: no transaction holds more than 1,000 rows, nothing of a workbook is seen until all of it is
written, and one flag then shows it. Whatever stops the work in between, the next try goes on where it stopped, or the workbook
is given up and leaves nothing that could be seen.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction

from lianxin.accounts.models import User
from lianxin.accounts.sealing import seal, unseal
from lianxin.imports.errors import UPLOAD_MESSAGES, Mistake, WorkbookError, WorkbookErrors, portable
from lianxin.imports.examining import SLICE, Examination, Judged, Resolver
from lianxin.imports.models import Remark, StagedSlice, Upload, UploadState
from lianxin.imports.sheets import Changed, Row, Sheet, Unchanged, Wrong, declared
from lianxin.imports.turns import is_under_way, turn
from lianxin.imports.workbook import read_workbook
from lianxin.ledger import clock
from lianxin.ledger.guard import guarded_models
from lianxin.ledger.models import Batch
from lianxin.organizations.access import at_the_terminal, grants_for
from lianxin.organizations.models import Person, Unit

Progress = Callable[[int, int], None]
"""Called with how many rows are done, and of how many."""


def _silent(done: int, of: int) -> None:
    pass


class UploadError(ValidationError):
    """An upload that cannot be taken further; `code` names the rule."""

    def __init__(self, rule: str, /, **params: Any) -> None:
        super().__init__(UPLOAD_MESSAGES[rule], code=rule, params=params)


# --- staging ---------------------------------------------------------------------------------------------------------


def open_upload(
    *,
    actor: User,
    sheet: Sheet,
    file_name: str,
    content: bytes,
    at_terminal: bool = False,
    mapping: Mapping[str, str] | None = None,
) -> Upload:
    """Begin with a workbook. An earlier one of the same sheet and person that was not brought in is given up.

    mapping: for a `mapped` sheet, which column is which, where it differs from the guess.
    Raises UploadError while the earlier one is being brought in.
    """
    now = clock.now()
    reach = [grant.path for grant in grants_for(actor) if sheet.permission in grant.permissions]
    with transaction.atomic():
        earlier = Upload.objects.select_for_update().open().filter(actor=actor, sheet=sheet.key).first()
        if earlier is not None and earlier.state == UploadState.PUBLISHING:
            raise UploadError("under_way", file=earlier.file_name)
        if earlier is not None:
            _close(earlier, UploadState.DISCARDED)
        upload = Upload.objects.create(
            sheet=sheet.key,
            file_name=file_name[-200:],
            file_hash=hashlib.sha256(content).hexdigest(),
            actor=actor,
            path=min(reach, key=len, default=""),
            at_terminal=at_terminal,
            mapping=dict(mapping or {}),
            created_at=now,
            touched_at=now,
        )
    if earlier is not None:
        _clear(earlier)
    return upload


def stage_upload(*, upload: Upload, content: bytes, progress: Progress = _silent) -> Upload:
    """Read and check the workbook into staging. Every outcome is a state of the upload; nothing is raised for a bad file."""
    sheet, actor = declared()[upload.sheet], _importer(upload)
    state = UploadState.READY
    try:
        table = read_workbook(content, sheet, upload.mapping)
        upload.read_as = table.headings
        waiting: dict[bool, list[Row]] = {False: [], True: []}
        for part in Examination(sheet, table, actor).judged():
            if not _stage(upload, sheet, part, waiting):
                return upload
            progress(upload.rows, table.height)
        upload.samples = table.samples
        if upload.rows == 0:
            raise WorkbookErrors(WorkbookError("no_rows", sheet=table.name))
        if upload.wrong:
            state = UploadState.WRONG
        else:
            for changes, rows in waiting.items():
                _write_slice(upload, sheet, rows, changes)
    except WorkbookErrors as refused:
        upload.refusals = [list(portable(*_message_of(error))) for error in refused.errors]
        state = UploadState.UNREADABLE
    if not _note(upload, state):
        return upload
    if state != UploadState.READY:
        upload.slices.all().delete()
    return upload


def _note(upload: Upload, state: UploadState) -> bool:
    """Save how far the checking came; False where it was given up meanwhile, and then nothing of it stays."""
    upload.touched_at = clock.now()
    counts = {
        name: getattr(upload, name)
        for name in ("rows", "added", "changed", "unchanged", "wrong", "samples", "refusals", "read_as")
    }
    still = Upload.objects.filter(pk=upload.pk, state=UploadState.CHECKING)
    if still.update(state=state, touched_at=upload.touched_at, **counts):
        upload.state = state
        return True
    upload.refresh_from_db()
    _clear(upload)
    return False


def _stage(upload: Upload, sheet: Sheet, part: list[Judged], waiting: dict[bool, list[Row]]) -> bool:
    """Note one slice of verdicts: counts, remarks, and the rows to write once a thousand are together."""
    remarks: list[Remark] = []
    for judged in part:
        upload.rows += 1
        setattr(upload, judged.verdict, getattr(upload, judged.verdict) + 1)
        if judged.verdict in ("added", "changed"):
            waiting[judged.verdict == "changed"].append(judged.row)
        remarks += [_mistake_remark(upload, mistake) for mistake in judged.mistakes]
        if judged.verdict == "changed":
            remarks += [_difference_remark(upload, judged.row, *difference) for difference in judged.differences]
    for start in range(0, len(remarks), SLICE):
        Remark.objects.bulk_create(remarks[start : start + SLICE])
    for changes, rows in waiting.items():
        if len(rows) >= SLICE:
            _write_slice(upload, sheet, rows[:SLICE], changes)
            del rows[:SLICE]
    return upload.rows <= SLICE or _note(upload, UploadState.CHECKING)  # somebody may be watching


def _mistake_remark(upload: Upload, mistake: Mistake) -> Remark:
    return Remark(
        upload=upload,
        is_mistake=True,
        row=mistake.row,
        column=mistake.column,
        letter=mistake.letter,
        found=mistake.found[:200],
        message=mistake.message,
        params=dict(mistake.params),
    )


def _difference_remark(upload: Upload, row: Row, key: str, before: object, after: object) -> Remark:
    _message, params = portable("", {"before": "" if before is None else before})
    return Remark(upload=upload, is_mistake=False, row=row.number, column=key, found=str(after)[:200], params=params)


def _message_of(error: ValidationError) -> tuple[Any, dict[str, Any]]:
    """The lazy sentence of a refusal and its params; one made of several speaks through its first."""
    while not hasattr(error, "message"):
        error = error.error_list[0]
    return error.message, dict(error.params or {})


# --- the sealed slices -----------------------------------------------------------------------------------------------


def _write_slice(upload: Upload, sheet: Sheet, rows: Sequence[Row], changes: bool) -> None:
    for start in range(0, len(rows), SLICE):
        part = rows[start : start + SLICE]
        text = json.dumps(
            [[row.number, *(_kept(row[column.key]) for column in sheet.columns)] for row in part], ensure_ascii=False
        )
        StagedSlice.objects.create(
            upload=upload,
            # Changes come after additions, which they may lean on.
            number=upload.slices.count() + (1_000_000 if changes else 0),
            rows=len(part),
            changes=changes,
            sealed=seal(text, key="person", bound_to=f"imports.upload:{upload.pk}"),
        )


def _kept(value: Any) -> Any:
    if isinstance(value, Unit | Person):
        return value.code
    return value.isoformat() if isinstance(value, date) else value


def _read_slice(staged: StagedSlice, sheet: Sheet, resolver: Resolver) -> list[Row]:
    """The rows of a slice, their codes resolved anew. Raises UploadError where one is gone or out of reach by now."""
    text = unseal(bytes(staged.sealed), key="person", bound_to=f"imports.upload:{staged.upload_id}")
    rows = [Row(number, dict(zip((c.key for c in sheet.columns), values, strict=True))) for number, *values in json.loads(text)]
    for column in sheet.columns:
        if column.type in ("date", "moment"):
            read = date.fromisoformat if column.type == "date" else datetime.fromisoformat
            for row in rows:
                kept = row[column.key]
                row.values[column.key] = read(kept) if kept else None  # type: ignore[index]
        elif column.type.startswith(("unit", "person")):
            codes = {row[column.key] for row in rows if row[column.key] is not None}
            found: Any = resolver.find_units(codes) if column.type.startswith("unit") else resolver.find_people(codes)
            for row in rows:
                code = row[column.key]
                if code in found:
                    row.values[column.key] = found[code]  # type: ignore[index]
                elif code is not None and not column.type.endswith("_or_code"):
                    raise UploadError("gone", row=row.number, code=code)
    return rows


# --- publishing ------------------------------------------------------------------------------------------------------


def claim_upload(*, actor: User, sheet: Sheet) -> Upload | None:
    """Take the person's checked (or interrupted) workbook of this sheet for bringing in; None where there is none to take.

    Claiming twice does no harm: the second finds nothing left to do. Raises UploadError while another workbook of the sheet is
    under way.
    """
    if is_under_way(sheet.key):
        raise UploadError("others")
    now = clock.now()
    with transaction.atomic():
        mine = Upload.objects.select_for_update().filter(actor=actor, sheet=sheet.key)
        upload = mine.filter(state__in=(UploadState.READY, UploadState.PUBLISHING)).first()
        if upload is None:
            return None
        if upload.batch is None:
            upload.batch = Batch.objects.create(sheet=sheet.key, file_hash=upload.file_hash, actor=actor, created_at=now)
        upload.state, upload.touched_at = UploadState.PUBLISHING, now
        upload.save()
        return upload


def publish_upload(*, upload: Upload, progress: Progress = _silent) -> Upload:
    """Write a claimed workbook's rows, a slice at a time, and make them visible by one flag.

    What another left behind half-way is finished first: it was confirmed, and its rows would stand in the way. Where a row can
    no longer be written, all is withdrawn and the upload says why.
    """
    with turn(upload.sheet):
        for left in Upload.objects.filter(sheet=upload.sheet, state=UploadState.PUBLISHING).exclude(pk=upload.pk):
            _publish(left, _silent)
        upload.refresh_from_db()
        return _publish(upload, progress) if upload.state == UploadState.PUBLISHING else upload


def _publish(upload: Upload, progress: Progress) -> Upload:
    if upload.refusals:
        return _take_back(upload)  # stopped while it was withdrawn
    sheet, actor = declared()[upload.sheet], _importer(upload)
    resolver = Resolver(actor, sheet.permission)
    try:
        while _write_next(upload, sheet, actor, resolver):
            progress(upload.written, upload.to_write)
    except (ValidationError, IntegrityError) as refused:
        error = refused if isinstance(refused, ValidationError) else UploadError("clash")
        return _fail(upload, error)
    assert upload.batch is not None
    Batch.objects.filter(pk=upload.batch.pk).update(visible=True, visible_at=clock.now())  # the one flag
    if sheet.finish is not None:
        sheet.finish(actor, upload.batch)
    _close(upload, UploadState.DONE)
    _clear(upload)
    return upload


def _write_next(upload: Upload, sheet: Sheet, actor: AbstractBaseUser, resolver: Resolver) -> bool:
    """Write the next slice and strike it off, in one transaction; False when none is left."""
    assert upload.batch is not None
    with transaction.atomic():
        if connection.vendor == "postgresql":  # two workers at one upload take turns; SQLite has them take turns anyway
            Upload.objects.select_for_update().get(pk=upload.pk)
        staged = upload.slices.order_by("number").first()
        if staged is None:
            return False
        rows = _read_slice(staged, sheet, resolver)
        standing = _still_so(sheet, actor, rows)
        write = sheet.change if staged.changes else sheet.apply
        assert write is not None
        if standing:
            write(actor, standing, upload.batch)
        staged.delete()
        upload.written += staged.rows
        if not staged.changes:
            upload.added -= len(rows) - len(standing)
            upload.unchanged += len(rows) - len(standing)
        upload.touched_at = clock.now()
        upload.save(update_fields=["written", "added", "unchanged", "touched_at"])
    return True


def _still_so(sheet: Sheet, actor: AbstractBaseUser, rows: list[Row]) -> list[Row]:
    """The rows that are not on record by now. Raises UploadError where one has become wrong since it was checked."""
    settled = set()
    for finding in sheet.check(actor, rows):
        match finding:
            case Unchanged(row=row):
                settled.add(row.number)
            case Wrong(row=row, message=message, params=params):
                raise UploadError("changed_meanwhile", row=row.number, why=str(message) % params if params else str(message))
            case Changed():
                pass
    return [row for row in rows if row.number not in settled]


def _fail(upload: Upload, error: ValidationError) -> Upload:
    """Say why it cannot be brought in, and withdraw what was written unseen. Said first: from then on, and of no other workbook,
    `lianxin verify` excuses what is missing."""
    upload.refusals = [list(portable(*_message_of(error)))]
    upload.save(update_fields=["refusals"])
    return _take_back(upload)


def _take_back(upload: Upload) -> Upload:
    assert upload.batch is not None
    (declared()[upload.sheet].withdraw or _withdraw)(upload.batch)
    if declared()[upload.sheet].hidden:
        upload.written = 0
    _close(upload, UploadState.FAILED)
    _clear(upload)
    return upload


def _withdraw(batch: Batch) -> None:
    """Delete a hidden batch's own rows, 1,000 at a time. Its entries stay hidden for ever: the ledger keeps what it was told."""
    kept = {*guarded_models(), Upload}
    held = [model for model in apps.get_models() if model not in kept and Batch in _pointed_at(model)]
    # A person's posts and memberships go before the person: what points at others of these goes first.
    for model in sorted(held, key=lambda model: len(_pointed_at(model).intersection(held)), reverse=True):
        while True:
            with transaction.atomic():
                chosen = list(model._default_manager.filter(batch=batch).values_list("pk", flat=True)[:SLICE])
                if not chosen:
                    break
                model._default_manager.filter(pk__in=chosen).delete()


def _pointed_at(model: type[models.Model]) -> set[Any]:
    return {field.related_model for field in model._meta.get_fields() if isinstance(field, models.ForeignKey)}


# --- giving up -------------------------------------------------------------------------------------------------------


def discard_upload(*, actor: User, sheet: Sheet) -> Upload | None:
    """Give up the person's open workbook of this sheet. One that is being brought in can only be finished."""
    with transaction.atomic():
        upload = Upload.objects.select_for_update().open().filter(actor=actor, sheet=sheet.key).first()
        if upload is None or upload.state == UploadState.PUBLISHING:
            return None
        _close(upload, UploadState.DISCARDED)
    _clear(upload)
    return upload


def _close(upload: Upload, state: UploadState) -> None:
    upload.state, upload.touched_at = state, clock.now()
    upload.save()


def _clear(upload: Upload) -> None:
    """An upload's end: what was staged or remarked goes, the line in the history stays."""
    upload.slices.all().delete()
    while chosen := list(upload.remarks.values_list("pk", flat=True)[:SLICE]):
        Remark.objects.filter(pk__in=chosen).delete()


def _importer(upload: Upload) -> AbstractBaseUser:
    """Who brings it in, with the rights of today; at the terminal, every right."""
    actor = User.objects.get(pk=upload.actor_id)
    return at_the_terminal(actor) if upload.at_terminal else actor
