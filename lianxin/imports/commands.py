"""`lianxin import`: the same door as the page, at the terminal."""

import hashlib
import sys
from pathlib import Path

import click
from django.db import OperationalError
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from lianxin.accounts.models import User
from lianxin.imports.actions import UploadError, claim_upload, open_upload, publish_upload, stage_upload
from lianxin.imports.errors import Mistake, WorkbookErrors
from lianxin.imports.models import Upload, UploadState
from lianxin.imports.queries import mistakes_of, refusals_of
from lianxin.imports.sheets import Sheet, declared
from lianxin.imports.template import write_mistakes, write_template
from lianxin.imports.workbook import refuse_large
from lianxin.ledger import clock
from lianxin.organizations.models import Post, Title
from lianxin.ui.terminal import refuse, say

MOST_SHOWN = 1_000
"""Mistakes printed one per line; --mistakes FILE holds all of them."""


@click.command("import", help=str(_("Bring a workbook in: units, people, visits or gatherings.")))
@click.argument("sheet", metavar="SHEET")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help=str(_("Check only; bring nothing in.")))
@click.option("--template", is_flag=True, help=str(_("Write an empty workbook to FILE instead.")))
@click.option(
    "--mapping",
    "said",
    multiple=True,
    metavar="KEY=HEADING",
    help=str(
        _("Which column is which, for workbooks from elsewhere: reply=HEADING or reply=F; one value for all: place=152221.")
    ),
)
@click.option(
    "--mistakes", metavar="FILE", type=click.Path(path_type=Path), help=str(_("Also write every mistake to a workbook."))
)
@click.option(
    "--as",
    "username",
    metavar="USERNAME",
    help=str(_("Whose name stands beside the records (default: the first administrator).")),
)
def import_(
    sheet: str, file: Path, dry_run: bool, template: bool, said: tuple[str, ...], mistakes: Path | None, username: str | None
) -> None:
    chosen = _sheet(sheet)
    mapping = _mapping(chosen, said)
    if template:
        _write(file, write_template(chosen))
        say(gettext("%(file)s is written.") % {"file": file})
        return
    content = _read(file)
    try:
        upload = _checked(chosen, file, content, _actor(username), mistakes, mapping)
        if not dry_run:
            upload = _brought_in(chosen, upload)
    except OperationalError as failed:
        refuse(
            gettext("The database does not answer (%(why)s). What is written is not seen yet; the same command goes on there.")
            % {"why": failed}
        )
    counts = {"added": f"{upload.added:,}", "changed": f"{upload.changed:,}", "unchanged": f"{upload.unchanged:,}"}
    if upload.changed:
        line = gettext("%(added)s added, %(changed)s changed, %(unchanged)s unchanged") % counts
    else:
        line = gettext("%(added)s added, %(unchanged)s unchanged") % counts
    click.echo(gettext("Dry run: %(counts)s") % {"counts": line} if dry_run else line)


def _sheet(key: str) -> Sheet:
    known = declared()
    if key not in known:
        refuse(gettext("Found “%(found)s”, expected one of: %(known)s.") % {"found": key, "known": ", ".join(known)})
    return known[key]


def _mapping(sheet: Sheet, said: tuple[str, ...]) -> dict[str, str]:
    pairs = dict(words.partition("=")[::2] for words in said)
    if pairs and not sheet.mapped:
        sentence = gettext("Workbooks of “%(sheet)s” have fixed headings; --mapping is for those from elsewhere.")
        refuse(sentence % {"sheet": sheet.title})
    if not all(key.strip() and value.strip() for key, value in pairs.items()):
        refuse(gettext("Expected --mapping KEY=HEADING, with something on both sides of “=”."))
    return {key.strip(): value.strip() for key, value in pairs.items()}


def _read(file: Path) -> bytes:
    try:
        refuse_large(file.stat().st_size)
        return file.read_bytes()
    except WorkbookErrors as refused:
        refuse(f"{file}: {refused.sentences[0]}")
    except OSError:
        refuse(gettext("%(file)s cannot be read. Check the name and whether you may open it.") % {"file": file})


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError:
        refuse(gettext("%(file)s cannot be written. Check the folder and whether there is room.") % {"file": file})


def _actor(username: str | None) -> User:
    """The account named, else the first administrator's."""
    users = User.objects.filter(is_active=True)
    if username is not None:
        user = users.filter(username=username).first()
        if user is None:
            refuse(gettext("There is no active account “%(name)s”.") % {"name": username})
        return user
    posts = Post.objects.on(clock.today()).filter(title=Title.ADMINISTRATOR, person__user__is_active=True).order_by("pk")
    first = posts.values_list("person__user", flat=True).first()
    if first is None:
        refuse(gettext("There is no administrator yet. Run `lianxin init`, or name an account: --as USERNAME."))
    return users.get(pk=first)


def _checked(sheet: Sheet, file: Path, content: bytes, actor: User, mistakes: Path | None, mapping: dict[str, str]) -> Upload:
    """The workbook, staged and found sound; or its mistakes on stderr, one per line, and exit status 1."""
    interrupted = Upload.objects.filter(actor=actor, sheet=sheet.key, state=UploadState.PUBLISHING).first()
    if interrupted is not None and interrupted.file_hash == hashlib.sha256(content).hexdigest():
        say(
            gettext("This workbook was being brought in and was interrupted; going on at row %(row)s.")
            % {"row": interrupted.written}
        )
        return interrupted
    try:
        upload = open_upload(actor=actor, sheet=sheet, file_name=file.name, content=content, at_terminal=True, mapping=mapping)
    except UploadError as refused:
        refuse(refused.messages[0])
    upload = stage_upload(upload=upload, content=content, progress=_counter(gettext("checked")))
    _refuse_unreadable(file, upload)
    for column in sheet.columns:
        if column.key in upload.read_as:
            said = {"column": column.label, "key": column.key, "heading": upload.read_as[column.key]}
            say(gettext("%(column)s (%(key)s): %(heading)s") % said)
    if upload.wrong:
        _refuse_wrong(sheet, file, upload, mistakes)
    return upload


def _refuse_unreadable(file: Path, upload: Upload) -> None:
    sentences = list(refusals_of(upload))
    if sentences:
        for sentence in sentences[:-1]:
            say(f"{file}: {sentence}")
        refuse(f"{file}: {sentences[-1]}")


def _refuse_wrong(sheet: Sheet, file: Path, upload: Upload, mistakes: Path | None) -> None:
    total = upload.remarks.filter(is_mistake=True).count()
    shown: list[Mistake] = []
    for mistake in mistakes_of(upload):
        if len(shown) == MOST_SHOWN:
            break
        shown.append(mistake)
        say(mistake)
    if total > len(shown):
        say(gettext("… and %(more)s more.") % {"more": f"{total - len(shown):,}"})
    if mistakes is not None:
        _write(mistakes, write_mistakes(sheet, mistakes_of(upload)))
    refuse(
        ngettext(
            "%(file)s: %(wrong)s row has mistakes. Nothing was brought in.",
            "%(file)s: %(wrong)s rows have mistakes. Nothing was brought in.",
            upload.wrong,
        )
        % {"file": file, "wrong": f"{upload.wrong:,}"}
    )


def _brought_in(sheet: Sheet, upload: Upload) -> Upload:
    try:
        claimed = claim_upload(actor=upload.actor, sheet=sheet)
    except UploadError as refused:
        refuse(refused.messages[0])
    assert claimed is not None
    upload = publish_upload(upload=claimed, progress=_counter(gettext("written")))
    if upload.state == UploadState.FAILED:
        refuse(" ".join(refusals_of(upload)))
    return upload


def _counter(word: str) -> "Counter":
    return Counter(word)


class Counter:
    """Progress on stderr: one line that counts up where somebody watches, every 10,000 rows where not."""

    def __init__(self, word: str) -> None:
        self.word = word

    def __call__(self, done: int, of: int) -> None:
        if of <= 2_000:
            return
        line = f"{self.word} {done:,}/{of:,}"
        if sys.stderr.isatty():
            click.echo(f"\r{line}", err=True, nl=done >= of)
        elif done % 10_000 == 0 or done >= of:
            say(line)


commands = [import_]
