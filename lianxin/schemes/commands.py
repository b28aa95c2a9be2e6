"""`lianxin schemes …`: list, publish, check, test, standings, explain, diff, seal, schema."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lianxin.ledger import clock
from lianxin.schemes import queries
from lianxin.schemes.examples import library_schemes, load_example_file, load_file, run_example
from lianxin.schemes.loader import Problem, SchemeError, check_together
from lianxin.schemes.scheme import Scheme
from lianxin.schemes.scratch import BACKENDS, NoBackend
from lianxin.schemes.standings import StandingRow
from lianxin.ui.terminal import refuse, say

FILE = click.Path(path_type=Path)


class Day(click.ParamType):  # type: ignore[type-arg]
    """A day such as 2026-10-01."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = date.min
        if day.year not in YEARS:
            self.fail(_("found “%s”, expected a day such as 2026-10-01") % value, param, ctx)
        return day


class Instant(click.ParamType):  # type: ignore[type-arg]
    """A day (its end) or a local time such as 2026-10-01T09:30."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            if len(value) == 10:
                return clock.end_of(date.fromisoformat(value))
            local = datetime.fromisoformat(value)
            return local.replace(tzinfo=local.tzinfo or clock.LOCAL).astimezone(UTC).replace(tzinfo=None)
        except (ValueError, OverflowError):
            self.fail(_("found “%s”, expected a time such as 2026-10-01 or 2026-10-01T09:30") % value, param, ctx)


YEARS = range(1900, 2200)
"""Of which a day may be asked: others are slips of the finger."""

as_of = click.option("--as-of", type=Day(), help=gettext_lazy("The day looked at (today)."))
known_as_of = click.option("--known-as-of", type=Instant(), help=gettext_lazy("What was known then (everything known now)."))


@click.group(help=gettext_lazy("Schemes: work methods as data."))
def schemes() -> None:
    pass


@schemes.command("list", help=gettext_lazy("The schemes in force, with their versions and trials."))
@as_of
def list_(as_of: date | None) -> None:
    from lianxin.schemes import library

    versions = library.published()
    if not versions:
        say(_("No scheme has been published yet."))
    for scheme in queries.schemes_in_force(as_of):
        click.echo(f"{scheme.key}\t{scheme.version}\t{scheme.since}\t{_here(scheme)}")
    for version in versions:
        if version.trial:
            click.echo(f"{version.key}\t{version.version}\t{version.since}\t{_('on trial')}")


def _here(scheme: Scheme) -> str:
    from lianxin.schemes.explain import here

    return here(scheme.title)


@schemes.command(help=gettext_lazy("Publish a scheme file, for ever. A later change is a new version."))
@click.argument("file", type=FILE)
def publish(file: Path) -> None:
    from lianxin.schemes import actions
    from lianxin.schemes.models import Version

    try:
        scheme = load_file(file)
        there = Version.objects.filter(key=scheme.key, hash=scheme.hash).exists()
        version = actions.publish_scheme(actor=_publisher(), text=scheme.text, file=str(file))
    except SchemeError as error:
        refuse(error)
    except actions.SchemeRefusal as error:
        refuse(" ".join(error.messages))
    say((_("%s was published already.") if there else _("Published %s.")) % version)


def _publisher() -> Any:
    """Who publishes from the command line."""
    found = queries.keeper()
    if found is None:
        refuse(_("Nobody here may publish. Run `lianxin init` first, or invite a county officer."))
    return found


@schemes.command(help=gettext_lazy("Check scheme files, each alone and all together."))
@click.argument("files", type=FILE, nargs=-1, required=True)
def check(files: tuple[Path, ...]) -> None:
    problems, loaded = _loaded(files)
    for file, scheme in loaded:
        for line in warnings_of(file, scheme):
            click.echo(line)
    for problem in problems:
        click.echo(problem)
    if problems:
        message = ngettext("%s mistake.", "%s mistakes.", len(problems)) % len(problems)
        refuse(message)
    say(ngettext("%s file is in order.", "%s files are in order.", len(loaded)) % len(loaded))


def _loaded(files: Iterable[Path]) -> tuple[list[Problem], list[tuple[str, Scheme]]]:
    problems: list[Problem] = []
    loaded: list[tuple[str, Scheme]] = []
    for file in files:
        try:
            loaded.append((str(file), load_file(file)))
        except SchemeError as error:
            problems += error.problems
    return problems + check_together(loaded), loaded


def warnings_of(file: str, scheme: Scheme) -> list[str]:
    """What is no mistake but will make a clause unknown: kinds that no room declares."""
    from lianxin.ledger.kinds import declared

    lines = scheme.text.splitlines()
    found = []
    for clause, tally in scheme.tallies():
        if tally.kind not in declared():
            line = next((number for number, text in enumerate(lines, 1) if tally.kind in text), 1)
            found.append(
                f"{file}:{line}: "
                + _("warning: no room declares entries of kind “%(kind)s”; “%(clause)s” will be unknown")
                % {"kind": tally.kind, "clause": clause}
            )
    return list(dict.fromkeys(found))


@schemes.command(help=gettext_lazy("Work out example files and compare. Needs no installation."))
@click.argument("examples", type=FILE, nargs=-1, required=True)
@click.option("--scheme", "scheme_file", type=FILE, help=gettext_lazy("The scheme they are examples of (a sample of that name)."))
@click.option("--backend", type=click.Choice(list(BACKENDS)), default="sqlite", show_default=True)
def test(examples: tuple[Path, ...], scheme_file: Path | None, backend: str) -> None:
    passed, failures = 0, list[str]()
    try:
        there = library_schemes()
        if scheme_file is not None:
            own = load_file(scheme_file)
            there = {**there, **_siblings(scheme_file), own.key: own}
        for path in examples:
            example = load_example_file(path)
            scheme = there.get(example.key) or _siblings(path).get(example.key)
            if scheme is None or scheme.version != example.version:
                found = f"{example.key}@{example.version}"
                expected = _("the scheme %s, or --scheme FILE") % (scheme or ", ".join(sorted(there)))
                raise SchemeError([Problem(str(path), 1, found, expected)])
            outcome = run_example(example, scheme, there, backend)
            passed += outcome.passed
            failures += outcome.failures
    except SchemeError as error:
        refuse(error)
    except NoBackend as error:
        refuse(error)
    for failure in failures:
        click.echo(failure)
    click.echo(f"{passed} passed, {len(failures)} failed")  # the same in every language: scripts read it
    if failures:
        sys.exit(1)


def _siblings(path: Path) -> dict[str, Scheme]:
    """Schemes in the folders beside an example or a scheme."""
    found: dict[str, Scheme] = {}
    for folder in (path.parent, path.parent.parent):
        for file in sorted(folder.glob("*.yaml")):
            try:
                scheme = load_file(file)
            except SchemeError:
                continue
            found[scheme.key] = scheme
    return found


@schemes.command(help=gettext_lazy("Where units stand with a scheme."))
@click.argument("key")
@click.option("--unit", "code", help=gettext_lazy("Only this unit and what is beneath it."))
@as_of
@known_as_of
@click.option("--period", help=gettext_lazy("Another period than the one that day lies in, such as 2026."))
@click.option("--restated", is_flag=True, help=gettext_lazy("A closed period with everything known since."))
@click.option("--format", "format_", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
def standings(
    key: str, code: str | None, as_of: date | None, known_as_of: datetime | None, period: str | None, restated: bool, format_: str
) -> None:
    rows = _standings(key, code, as_of=as_of, known_as_of=known_as_of, period=period, restated=restated)
    records = [record_of(row) for row in rows if row.role != "veto"]
    if format_ == "json":
        click.echo(json.dumps(records, ensure_ascii=False, indent=1))
    elif format_ == "csv":
        writer = csv.DictWriter(sys.stdout, list(COLUMNS), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _harmless(value) for name, value in record.items()} for record in records)
    else:
        _print_table(
            [[str(record[name]) if record[name] is not None else "" for name in SHORT] for record in records], list(SHORT)
        )


@schemes.command(help=gettext_lazy("Why a unit stands as it does: what counted, what did not and why not, the rule."))
@click.argument("key")
@click.argument("unit")
@click.option("--clause", help=gettext_lazy("Only this clause."))
@as_of
@known_as_of
@click.option("--period", help=gettext_lazy("Another period than the one that day lies in, such as 2026."))
@click.option("--sql", "with_sql", is_flag=True, help=gettext_lazy("Show the statements as well."))
def explain(
    key: str, unit: str, clause: str | None, as_of: date | None, known_as_of: datetime | None, period: str | None, with_sql: bool
) -> None:
    from lianxin.organizations.models import Unit

    found = Unit.objects.filter(code=unit).first()
    if found is None:
        refuse(_("There is no unit with the code “%s”.") % unit)
    with _plain_refusals(key):
        why = queries.explain(key, found, clause=clause, as_of=as_of, known_as_of=known_as_of, period=period)
    if why is None:
        refuse(_("%(scheme)s asks nothing of %(unit)s in that period.") % {"scheme": key, "unit": found.name})
    if clause and not why.clauses:
        ids = ", ".join(part.id for part in why.scheme.clauses)
        refuse(_("“%(scheme)s” has no clause “%(clause)s”. There are: %(ids)s.") % {"scheme": key, "clause": clause, "ids": ids})
    whole = why.whole
    click.echo(f"{whole.unit_name}  {why.title}  {why.scheme}  {whole.period}: {whole.state}{_rated(whole)}")
    click.echo(_("as of %(day)s, as known %(instant)s") % {"day": whole.as_of, "instant": whole.known_as_of or _("now")})
    for part in why.clauses:
        click.echo(f"\n{part.text}  [{part.row.state}]")
        click.echo("  " + part.source.replace("\n", "\n  "))
        for entry in part.counted:
            click.echo(f"  + {entry.happened_on}  {entry.kind_label}  #{entry.id}")
        for entry in part.not_counted:
            click.echo(f"  - {entry.happened_on}  {entry.kind_label}  #{entry.id}: {entry.why_text}")
        if part.restated is not None:
            click.echo("  " + _("restated: %(n)s, %(state)s") % {"n": part.restated.n, "state": part.restated.state})
        if with_sql and part.sql:
            click.echo(part.sql)


def _rated(row: StandingRow) -> str:
    """A score and stars, where there are any that say something."""
    shown = [row.score_text, "" if row.stars is None else f"{row.stars}★"] if row.figures_hold else []
    return "".join(f"  {text}" for text in shown if text)


@schemes.command(help=gettext_lazy("Who would change verdict: a published scheme (KEY) or a file against another file."))
@click.argument("old")
@click.argument("new", type=FILE)
@as_of
def diff(old: str, new: Path, as_of: date | None) -> None:
    try:
        after = load_file(new)
        before = load_file(Path(old)) if Path(old).is_file() else None
    except SchemeError as error:
        refuse(error)
    with _plain_refusals(old):
        changes = queries.changes(after, before, key=old if before is None else before.key, as_of=as_of)
    for change in changes:
        click.echo(f"{change.unit_code}\t{change.unit_name}\t{change.clause or '–'}\t{change.before} → {change.after}")
    units = len({change.unit_code for change in changes if not change.clause})
    say(ngettext("%s unit would change verdict.", "%s units would change verdict.", units) % units)


@schemes.command(help=gettext_lazy("Seal the verdicts of every period whose books have closed. Run it daily."))
def seal() -> None:
    from lianxin.schemes import actions

    sealed = actions.seal_closed(actor=_publisher())
    for scheme, period, rows in sealed:
        click.echo(f"{scheme}\t{period}\t{rows}")
    say(ngettext("%s period sealed.", "%s periods sealed.", len(sealed)) % len(sealed))


@schemes.command(help=gettext_lazy("What a scheme file may hold, as JSON Schema: for completion and checks in an editor."))
def schema() -> None:
    from lianxin.schemes.schema import scheme_schema

    click.echo(json.dumps(scheme_schema(), ensure_ascii=False, indent=1))


@contextmanager
def _plain_refusals(key: str) -> Iterator[None]:
    """What a reading refuses, said in one line."""
    try:
        yield
    except queries.NoScheme as missing:
        keys = [scheme.key for scheme in queries.schemes_in_force()]
        if str(missing) in keys:
            refuse(_("“%s” was not in force then.") % missing)
        known = ", ".join(keys) or "–"
        refuse(_("There is no scheme “%(key)s” in force. There are: %(known)s.") % {"key": missing, "known": known})
    except ValueError as error:
        refuse(error)


COLUMNS = (
    "unit", "name", "scheme", "version", "period", "clause", "n", "need", "missing", "due", "state", "pace",
    "as_of", "known_as_of",
)  # fmt: skip
SHORT = ("unit", "name", "clause", "n", "need", "missing", "due", "state", "pace")


def record_of(row: StandingRow) -> dict[str, Any]:
    """A standing as plain data, the shape of `--format json`."""
    return {
        "unit": row.unit_code,
        "name": row.unit_name,
        "scheme": row.scheme,
        "version": row.version,
        "period": row.period,
        "clause": row.clause,
        "n": row.n,
        "need": row.need,
        "missing": row.missing,
        "due": row.due.isoformat() if row.due else None,
        "state": row.state,
        "pace": row.pace,
        "as_of": row.as_of.isoformat(),
        "known_as_of": row.known_as_of.isoformat() if row.known_as_of else None,
    }


def _harmless(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + value if isinstance(value, str) and value[:1] in "=+-@\t\r\n＝＋－＠" and value else value


def _standings(key: str, code: str | None, **options: Any) -> list[StandingRow]:
    """The standings of everyone, or of what stood beneath a unit on that day: a later move changes nothing of it."""
    from lianxin.organizations.models import Placement, Unit, path_ids, path_label

    if code is None:
        with _plain_refusals(key):
            return queries.standings(key, **options)
    top = Unit.objects.filter(code=code).first()
    if top is None:
        refuse(_("There is no unit with the code “%s”.") % code)
    ever = Placement.objects.filter(path__contains=path_label(top.pk)).order_by().values_list("unit_id", flat=True).distinct()
    with _plain_refusals(key):
        rows = queries.standings(key, units=list(ever), **options)
    return [row for row in rows if top.pk in path_ids(row.unit_path)]


def _print_table(rows: list[list[str]], heads: list[str]) -> None:
    widths = [max([_width(head), *(_width(row[column]) for row in rows)]) for column, head in enumerate(heads)]
    for row in [heads, *rows]:
        click.echo("  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip())


def _width(text: str) -> int:
    """Columns a text takes in a terminal: Chinese characters take two."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


commands = [schemes]
