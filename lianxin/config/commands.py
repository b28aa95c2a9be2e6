"""The commands of whoever looks after an installation."""

import ipaddress
import json
import os
import ssl
import sys
from datetime import date, datetime
from pathlib import Path

import click
from django.core.checks import run_checks
from django.utils.translation import gettext as _

from lianxin.cases import rules
from lianxin.cases.actions import erase_again
from lianxin.cases.actions.moving import the_clock
from lianxin.config import setup
from lianxin.config.apps import DECLARATIONS
from lianxin.config.backup import CannotRestore, DamagedBackup, make_backup, restore_backup
from lianxin.config.folder import current_folder
from lianxin.config.keys import SHORTEST, WrongPassphrase, export_keys, open_keys
from lianxin.config.readiness import why_not_ready, why_not_upgradable
from lianxin.config.verify import Head, NoHead, Report, read_head
from lianxin.config.verify import verify as find_changes
from lianxin.demo.places import COUNTIES
from lianxin.ledger import clock
from lianxin.ui.terminal import refuse, say

NEW_FILE = click.Path(dir_okay=False, path_type=Path)
OLD_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(help=_("Make an installation in LIANXIN_HOME: keys, tables, one county, its first administrator."))
@click.option(
    "--county", "code", prompt=_("Division code of the county (six digits)"), help=_("Division code of the county, six digits.")
)
@click.option("--name", default="", help=_("Name of the county, where the bundled division data do not know the code."))
@click.option("--administrator", prompt=_("Name of the first administrator"), help=_("Name of the first administrator."))
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help=_("The first day anything may be recorded for (ten years ago)."))
def init(code: str, name: str, administrator: str, since: datetime | None) -> None:
    if len(code) != 6 or not (code.isascii() and code.isdigit()):
        refuse(_("--county: found “%(code)s”, expected a division code of six digits such as 152221") % {"code": code})
    name = name.strip() or COUNTIES.get(code, "")
    if not name:
        refuse(_("The bundled division data do not know %(code)s. Say what the county is called: --name …") % {"code": code})
    if not administrator.strip():
        refuse(_("--administrator: found nothing, expected a person's name"))
    first_day = since.date() if since else date(clock.today().year - 10, 1, 1)
    if first_day > clock.today():
        refuse(_("--since: found %(day)s, expected today or an earlier day") % {"day": first_day})
    try:
        if current_folder().exists:
            setup.refuse_second_init()
        setup.prepare_folder()
        token = setup.init(code=code, name=name, since=first_day, administrator=administrator.strip())
    except setup.CannotInit as reason:
        refuse(reason)
    folder = current_folder()
    say(_("%(county)s (%(code)s) is set up in %(folder)s.") % {"county": name, "code": code, "folder": folder.path})
    say(
        _("The keys are in %(file)s and in no backup: “lianxin keys export FILE” makes the copy to lock away.")
        % {"file": folder.keys_file}
    )
    say(
        _("Start it with “lianxin serve”. %(name)s opens this link once, within 14 days, and chooses a password:")
        % {"name": administrator}
    )
    click.echo(setup.link_of(token))
    say(_("To undo this, delete %(folder)s.") % {"folder": folder.path})


@click.command(help=_("Bring the database to this version. A backup is made first, and said where."))
def upgrade() -> None:
    problem = why_not_upgradable()
    if problem:
        refuse(problem)
    try:
        backup = setup.upgrade()
    except setup.CannotUpgrade as reason:
        refuse(reason)
    except OSError as failure:
        why = failure.strerror or failure
        refuse(_("The backup before the upgrade cannot be written: %(why)s. Nothing was changed.") % {"why": why})
    say(_("Backed up to %(file)s, and brought up to date.") % {"file": backup})
    _report_changes()


@click.group(help=_("The keys of this installation, which no backup holds."))
def keys() -> None:
    pass


def _passphrase(confirm: bool) -> str:
    given = os.environ.get("LIANXIN_PASSPHRASE")
    if not given and not sys.stdin.isatty():
        refuse(_("Nobody is here to be asked for the passphrase. Put it into LIANXIN_PASSPHRASE."))
    passphrase: str = given or click.prompt(_("Passphrase"), hide_input=True, confirmation_prompt=confirm, err=True)
    if len(passphrase) < SHORTEST:
        refuse(
            _("The passphrase is too short: found %(n)s characters, expected at least %(least)s.")
            % {"n": len(passphrase), "least": SHORTEST}
        )
    return passphrase


@keys.command(
    "export",
    help=_(
        "Write the keys and the list of what was erased to FILE, which only a passphrase opens"
        " (asked for, or LIANXIN_PASSPHRASE)."
    ),
)
@click.argument("file", type=NEW_FILE)
def keys_export(file: Path) -> None:
    folder = current_folder()
    erased = folder.erased()
    try:
        export_keys(folder.keys(), erased, file, _passphrase(confirm=True))
    except FileExistsError:
        refuse(_("%(file)s is there already; it is kept as it is. Name another file.") % {"file": file})
    except OSError as failure:
        refuse(_("%(file)s cannot be written: %(why)s") % {"file": file, "why": failure.strerror})
    say(_("The keys are in %(file)s. Keep it apart from the backups, and the passphrase apart from it.") % {"file": file})
    say(
        _(
            "With them goes the list of what was erased: %(n)s lines."
            " Whatever is erased from now on is not in this file: export again."
        )
        % {"n": len(erased)}
    )


@keys.command(
    "import",
    help=_(
        "Bring keys and the list of what was erased from FILE into an installation that has none yet, before “lianxin restore”."
        " Where the same keys are already, only the list is brought up to date."
    ),
)
@click.argument("file", type=OLD_FILE)
def keys_import(file: Path) -> None:
    folder = current_folder()
    has_keys = folder.exists
    try:
        brought, erased = open_keys(file, _passphrase(confirm=False))
    except WrongPassphrase:
        refuse(_("The passphrase does not open %(file)s, or the file was changed.") % {"file": file})
    if has_keys and any(folder.keys().get(name) != key for name, key in brought.items()):
        refuse(
            _("%(folder)s has other keys already; they are kept as they are. Name another folder: LIANXIN_HOME=…")
            % {"folder": folder.path}
        )
    if not has_keys:
        setup.prepare_folder(brought)
        say(_("The keys are in %(file)s.") % {"file": folder.keys_file})
    here = set(folder.erased())
    missing = [line for line in erased if line not in here]
    if missing:
        folder.note_erased(missing)
    say(_("The list of what was erased: %(n)s lines added.") % {"n": len(missing)})
    if has_keys and missing:
        say(_("Erase again what came back with an older backup: lianxin cases retention --again"))


@click.command(help=_("Serve the pages until stopped (Ctrl-C)."))
@click.option("--host", default="127.0.0.1", show_default=True, help=_("Address to listen on; 0.0.0.0 for every network."))
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help=_("Processes that answer."))
@click.option("--cert", type=OLD_FILE, help=_("Certificate (PEM), with --key: browsers come over https."))
@click.option("--key", type=OLD_FILE, help=_("Key of the certificate (PEM, without a passphrase)."))
@click.option(
    "--trusted-proxy", metavar="ADDRESS", help=_("The proxy that ends TLS in front of us; its X-Forwarded headers count.")
)
def serve(host: str, port: int, workers: int, cert: Path | None, key: Path | None, trusted_proxy: str | None) -> None:
    if (cert is None) != (key is None):
        refuse(_("--cert and --key go together: found one of them."))
    if cert and trusted_proxy:
        refuse(_("--cert or --trusted-proxy, not both: either we end TLS or the proxy does."))
    if cert and key:
        _check_certificate(cert, key)
    if trusted_proxy:
        try:
            ipaddress.ip_address(trusted_proxy)
        except ValueError:
            refuse(_("--trusted-proxy: found “%(found)s”, expected an address such as 127.0.0.1") % {"found": trusted_proxy})
    _refuse_contradictions()
    from lianxin.config.serve import refuse_taken, serve_until_stopped  # only here: no other command waits for it

    refuse_taken(host, port)
    say(_("Serving on %(address)s with %(workers)s workers.") % {"address": _address(host, port, cert), "workers": workers})
    if not cert and not trusted_proxy:
        say(
            _(
                "This is plain http: good for this machine and for trying out. Over a network, what is sent can be read on the"
                " way, passkeys do not work, and phones refuse the calendar. Use --cert and --key, or --trusted-proxy."
            )
        )
    serve_until_stopped(host, port, workers, cert, key)


EVERYWHERE = ("0.0.0.0", "127.0.0.1", "::")  # nosec B104  # compared with, not listened on


def _check_certificate(cert: Path, key: Path) -> None:
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert, key, password=lambda: b"")
    except (OSError, ValueError):
        refuse(
            _(
                "%(cert)s and %(key)s are no certificate and its key: expected both in PEM, fitting each other, the key without"
                " a passphrase."
            )
            % {"cert": cert, "key": key}
        )


def _address(host: str, port: int, cert: Path | None) -> str:
    return f"{'https' if cert else 'http'}://{'localhost' if host in EVERYWHERE else host}:{port}/"


@click.command(help=_("Write a backup to FILE, while people work. Keys are not in it."))
@click.argument("file", type=NEW_FILE)
def backup(file: Path) -> None:
    try:
        manifest = make_backup(file)
    except FileExistsError:
        refuse(_("%(file)s is there already; it is kept as it is. Name another file.") % {"file": file})
    except OSError as failure:
        refuse(_("%(file)s cannot be written: %(why)s") % {"file": file, "why": failure.strerror})
    for member in manifest.members:
        click.echo(f"{member.table}\t{member.rows}\t{member.sha256}")
    say(
        _("%(tables)s tables, %(rows)s rows, head of the ledger %(entry)s %(digest)s")
        % {
            "tables": len(manifest.members),
            "rows": sum(member.rows for member in manifest.members),
            "entry": manifest.head[0],
            "digest": manifest.head[1],
        }
    )


@click.command(help=_("Fill an empty installation from FILE; print table, rows and sha256 of both sides."))
@click.argument("file", type=OLD_FILE)
def restore(file: Path) -> None:
    if not current_folder().exists:
        refuse(
            _("%(folder)s has no keys. Bring those of the backup first: “lianxin keys import FILE”.")
            % {"folder": current_folder().path}
        )
    try:
        compared = restore_backup(file)
    except DamagedBackup as part:
        refuse(_("%(file)s is damaged in %(part)s. Nothing was restored; take another backup.") % {"file": file, "part": part})
    except CannotRestore as reason:
        refuse(reason)
    for row in compared:
        click.echo("\t".join((row.table, *map(str, row.rows), *row.sha256, "=" if row.same else "≠")))
    say(_("%(tables)s tables restored, each equal to the backup in rows and sha256.") % {"tables": len(compared)})
    own = rules.own_files()
    if own:
        say(_("The county's own rules are in place: %(names)s.") % {"names": ", ".join(own)})
    _erase_again()
    _report_changes()


def _erase_again() -> None:
    """What had been erased came back with the backup: erase it once more, as the list beside the keys says."""
    file = current_folder().erased_file
    if not file.exists():
        say(
            _("There is no list of what was erased (%(file)s). If there was one, bring it, then: lianxin cases retention --again")
            % {"file": file}
        )
        return
    say(_("Erased again, because %(file)s says so: %(n)s cases.") % {"file": file, "n": erase_again(actor=the_clock())})


@click.command(help=_("Recompute what was recorded, and name everything that is not as it was written; print the ledger's head."))
@click.option(
    "--since",
    metavar="HEAD",
    help=_("A head kept elsewhere, a file that holds one, or a backup: nothing up to it may have changed or be cut off."),
)
def verify(since: str | None) -> None:
    if not current_folder().exists:
        refuse(why_not_ready())
    try:
        head = read_head(since) if since else None
    except (NoHead, DamagedBackup):
        refuse(
            _("--since: found no head in “%(found)s”, expected a line as “lianxin verify” prints it, a file with it, or a backup")
            % {"found": since}
        )
    found = _report_changes(head)
    if found.head is not None:
        click.echo(found.head)


def _report_changes(since: Head | None = None) -> Report:
    """Say what `verify` finds; with a finding, each on a line of its own and exit status 1."""
    report = find_changes(since)
    for finding in report.findings:
        click.echo(finding)
    if report.findings:
        refuse(_("%(n)s things are not as they were written.") % {"n": len(report.findings)})
    say(
        _("%(entries)s entries checked: the chain is whole. %(rows)s rows say what was recorded. %(triggers)s triggers in force.")
        % vars(report)
    )
    if report.standings:
        say(_("%(standings)s sealed verdicts recomputed alike.") % vars(report))
    if report.unproved:
        say(
            _(
                "%(unproved)s rows are from before entries noted what their rows say: they fit their entries, and nothing more"
                " can be known of them."
            )
            % vars(report)
        )
    if since is not None:
        say(_("Nothing up to entry %(entry)s was changed or cut off since that head was kept.") % {"entry": since.entry})
    return report


@click.command(help=_("List everything apps declare: kinds, sheets, reminders, figures, panels, moves, addresses, commands."))
@click.argument("apps", nargs=-1)
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def declarations(apps: tuple[str, ...], format_: str) -> None:
    from lianxin.config import declarations as declared

    found = declared.declarations()
    known = list(dict.fromkeys(one.app for one in found))
    for app in apps:
        if app not in known:
            refuse(_("Found app “%(app)s”, expected one of: %(known)s") % {"app": app, "known": ", ".join(known)})
    chosen = [one for one in found if not apps or one.app in apps]
    if format_ == "json":
        click.echo(json.dumps([declared.as_data(one) for one in chosen], ensure_ascii=False, indent=1))
    else:
        for line in declared.as_lines(chosen):
            click.echo(line)
    _refuse_contradictions()


def _refuse_contradictions() -> None:
    """Refuse to go on where what apps declare does not hold together."""
    problems = run_checks(tags=[DECLARATIONS])
    for problem in problems:
        say(f"{problem.msg}. {problem.hint}")
    if problems:
        refuse(_("%(n)s declarations do not hold together.") % {"n": len(problems)})


commands = [init, upgrade, keys, serve, backup, restore, verify, declarations]
