"""The door for changing: publish a scheme, try one, waive a clause, doubt a standing and answer, seal a period."""

from datetime import date

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from lianxin.ledger import clock
from lianxin.ledger.actions import record
from lianxin.ledger.models import Entry
from lianxin.organizations.models import Unit
from lianxin.schemes import calendar, kinds, library, queries
from lianxin.schemes.frame import seal_day
from lianxin.schemes.loader import Problem, SchemeError, check_together, load_scheme
from lianxin.schemes.models import Standing, Version
from lianxin.schemes.proof import undeclared_kinds
from lianxin.schemes.remarks import doubt_subject
from lianxin.schemes.scheme import Scheme
from lianxin.ui.words import words_in


class SchemeRefusal(ValidationError):
    """What was asked of a scheme cannot be done; the message says why."""


def publish_scheme(*, actor: AbstractBaseUser, text: str, file: str = "scheme.yaml", unit: Unit | None = None) -> Version:
    """Publish a scheme's text for ever. With `mode: trial` it is put on trial: computed and shown, asked of nobody.

    unit: on whose behalf (the first county). The same text again is the version that is there already.
    Raises SchemeError naming every mistake with its line, also where it collides with what is published.
    """
    scheme = load_scheme(text, file)
    with transaction.atomic():
        versions = library.published()
        same = next((version for version in versions if version.key == scheme.key and version.hash == scheme.hash), None)
        if same is not None:
            return same
        taken = Version.objects.filter(key=scheme.key, version=scheme.version).first()
        problems = [
            problem
            for problem in check_together(
                [*((str(version), library.parsed(version.hash, version.text)) for version in versions), (file, scheme)]
            )
            if problem.file == file
        ]
        if taken is not None and taken.valid_to is not None:
            problems.append(Problem(file, 1, _("version %s again") % scheme.version, _("a new version number for a new text")))
        missing = [key for key in scheme.sources if key not in {version.key for version in versions}]
        problems += [Problem(file, 1, f"from: {key}", _("a scheme that is published")) for key in missing]
        if problems:
            raise SchemeError(problems)
        entry = record(
            actor=actor,
            kind=kinds.TRIED if scheme.trial else kinds.PUBLISHED,
            unit=unit or _county(),
            happened_on=clock.today(),
            subject=f"schemes.version:{scheme}"[:80],
            data={"scheme": scheme.key, "version": scheme.version, "hash": scheme.hash},
        )
        return Version.objects.create(
            key=scheme.key,
            version=scheme.version,
            hash=scheme.hash,
            text=text,
            since=scheme.since,
            trial=scheme.trial,
            recorded_at=entry.recorded_at,
            entry=entry,
        )


def try_scheme(*, actor: AbstractBaseUser, text: str, file: str = "scheme.yaml", unit: Unit | None = None) -> Version:
    """Put a scheme on trial. Raises SchemeError where its text does not say `mode: trial`."""
    if not load_scheme(text, file).trial:
        raise SchemeError([Problem(file, 1, _("no “%s”") % "mode: trial", _("`mode: trial` in a text to be tried"))])
    return publish_scheme(actor=actor, text=text, file=file, unit=unit)


def seed_library(*, actor: AbstractBaseUser, unit: Unit | None = None) -> list[Version]:
    """Publish the samples that come with the product, each that is not published in any version yet; in order of need."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in library.library_files()}
    schemes = {name: load_scheme(text, name) for name, text in texts.items()}
    there = {version.key for version in library.published()}
    ordered: list[str] = []

    def add(name: str) -> None:
        for source in schemes[name].sources:
            add(next(other for other, scheme in schemes.items() if scheme.key == source))
        if name not in ordered:
            ordered.append(name)

    for name in texts:
        add(name)
    wanted = [name for name in ordered if schemes[name].key not in there]
    return [publish_scheme(actor=actor, text=texts[name], file=name, unit=unit) for name in wanted]


def _county() -> Unit:
    unit = Unit.objects.filter(kind="county").order_by("pk").first()
    if unit is None:
        raise SchemeRefusal(_("There is no county yet. Run `lianxin init` first."), code="no_county")
    return unit


def end_trial(*, actor: AbstractBaseUser, key: str, version: str, unit: Unit | None = None) -> Version:
    """End a trial: its text stays readable, nothing is computed with it any more. Raises SchemeRefusal where there is none."""
    with transaction.atomic():
        tried = Version.objects.filter(key=key, version=version, trial=True, valid_to=None).first()
        if tried is None:
            raise SchemeRefusal(_("%s is not on trial.") % f"{key}@{version}", code="no_trial")
        entry = record(
            actor=actor,
            kind=kinds.TRIAL_ENDED,
            unit=unit or _county(),
            happened_on=clock.today(),
            subject=f"schemes.version:{tried}"[:80],
            data={"scheme": key, "version": version, "hash": tried.hash},
        )
        Version.objects.filter(pk=tried.pk).update(valid_to=entry.recorded_at)
    tried.valid_to = entry.recorded_at
    return tried


def waive_clause(
    *, actor: AbstractBaseUser, unit: Unit, scheme: str, clause: str, period: str, reason: str, happened_on: date | None = None
) -> Entry:
    """Release a unit from one clause (empty: from the whole scheme) for one period, with the reason in words.

    Raises SchemeRefusal where there is no such scheme, clause or period, or no reason; LedgerError as `record` does.
    """
    if not words_in(reason):
        raise SchemeRefusal(_("Say why it is waived. The reason stays beside the record."), code="no_reason")
    day = happened_on or clock.today()
    _named(scheme, clause, period, day)
    return record(
        actor=actor,
        kind=kinds.WAIVED,
        unit=unit,
        happened_on=day,
        subject=kinds.waiver_subject(scheme, clause, period),
        data={"scheme": scheme, "clause": clause, "period": period},
        reason=reason.strip()[:500],
    )


def end_waiver(*, actor: AbstractBaseUser, waiver: Entry, reason: str) -> Entry:
    """Take a waiver back: the clause is owed again. The waiver stays readable, struck through. Raises LedgerError as `record`."""
    return record(
        actor=actor,
        kind=kinds.WAIVER_ENDED,
        unit=waiver.unit,
        happened_on=clock.today(),
        subject=waiver.subject,
        data={name: waiver.data[name] for name in ("scheme", "clause", "period")},
        supersedes=waiver,
        reason=reason,
    )


def doubt_standing(*, actor: AbstractBaseUser, unit: Unit, scheme: str, clause: str, period: str, words: str) -> Entry:
    """Say that a standing seems wrong, and why. It changes no figure; the county office reads it and answers.

    Raises SchemeRefusal where there is no such scheme, clause or period, or nothing is said; LedgerError as `record` does.
    """
    if not words_in(words):
        raise SchemeRefusal(_("Say what seems wrong."), code="no_words")
    _named(scheme, clause, period, clock.today())
    return record(
        actor=actor,
        kind=kinds.DOUBTED,
        unit=unit,
        happened_on=clock.today(),
        subject=kinds.waiver_subject(scheme, clause, period),
        data={"scheme": scheme, "clause": clause, "period": period},
        reason=words.strip()[:500],
    )


def answer_doubt(*, actor: AbstractBaseUser, doubt: Entry, words: str) -> Entry:
    """Answer what seemed wrong to a unit. Raises SchemeRefusal where nothing is said or it was answered already."""
    if not words_in(words):
        raise SchemeRefusal(_("Write the answer."), code="no_words")
    with transaction.atomic():
        if Entry.objects.standing().filter(kind=kinds.DOUBT_ANSWERED, subject=doubt_subject(doubt)).exists():
            raise SchemeRefusal(_("It was answered already."), code="answered")
        return record(
            actor=actor,
            kind=kinds.DOUBT_ANSWERED,
            unit=doubt.unit,
            happened_on=clock.today(),
            subject=doubt_subject(doubt),
            data={name: doubt.data[name] for name in ("scheme", "clause", "period")},
            reason=words.strip()[:500],
        )


def _named(key: str, clause: str, period: str, day: date) -> Scheme:
    """The scheme in force, if it has that clause and that period. Raises SchemeRefusal."""
    found = library.in_force(key, library.published(), as_of=day, known=None)
    if found is None:
        raise SchemeRefusal(_("There is no scheme “%s”.") % key, code="no_scheme")
    if clause and found.clause(clause) is None:
        raise SchemeRefusal(_("“%(scheme)s” has no clause “%(clause)s”.") % {"scheme": key, "clause": clause}, code="no_clause")
    try:
        calendar.period_named(found.period, period)
    except ValueError as error:
        raise SchemeRefusal(str(error), code="no_period") from None
    return found


@transaction.atomic
def seal_period(*, actor: AbstractBaseUser, scheme: str, period: str, unit: Unit | None = None) -> list[Standing]:
    """Keep the standings of a closed period as its books closed: what was known then, for ever beside what is known later.

    Sealing again keeps what is there. Raises SchemeRefusal while the books are open.
    """
    if Entry.objects.standing().filter(kind=kinds.SEALED, subject=f"{scheme}/{period}").exists():
        return list(Standing.objects.filter(scheme=scheme, period=period))
    today = clock.today()
    try:
        read = queries.reading(scheme, as_of=today, period=period)
    except (ValueError, queries.NoScheme) as error:
        raise SchemeRefusal(str(error), code="no_period") from None
    closed_on = seal_day(read.scheme, read.frame.period)
    if today < closed_on:
        raise SchemeRefusal(
            _("The books of %(period)s close on %(day)s.") % {"period": period, "day": closed_on}, code="still_open"
        )
    rows = queries.evaluate(read)
    entry = record(
        actor=actor,
        kind=kinds.SEALED,
        unit=unit or _county(),
        happened_on=today,
        subject=f"{scheme}/{period}",
        data={
            "scheme": scheme,
            "version": read.scheme.version,
            "hash": read.scheme.hash,
            "period": period,
            "rows": len(rows),
            "undeclared": undeclared_kinds(read.scheme, read.sources),
        },
    )
    assert read.frame.known is not None
    known = read.frame.known
    return Standing.objects.bulk_create(
        [
            Standing(
                scheme=scheme,
                version=row.version,
                version_hash=row.hash,
                period=period,
                unit_id=row.unit_id,
                clause=row.clause,
                n=row.n,
                need=row.need,
                missing=row.missing,
                due=row.due,
                state=row.state,
                score=row.score,
                stars=row.stars,
                as_of=row.as_of,
                known_as_of=known,
                recorded_at=entry.recorded_at,
                entry=entry,
            )
            for row in rows
        ],
        batch_size=500,
    )


def seal_closed(*, actor: AbstractBaseUser, unit: Unit | None = None) -> list[tuple[str, str, int]]:
    """Seal every period whose books have closed since its scheme was published, unless it is sealed already.

    Each in a transaction of its own. What was sealed: (scheme, period, rows).
    """
    today = clock.today()
    there = {(str(entry.data["scheme"]), str(entry.data["period"])) for entry in Entry.objects.filter(kind=kinds.SEALED)}
    versions = [version for version in library.published() if not version.trial]
    sealed = []
    for key in sorted({version.key for version in versions}):
        mine = [version for version in versions if version.key == key]
        first = clock.local_date(min(version.recorded_at for version in mine))
        scheme = library.parsed(mine[-1].hash, mine[-1].text)
        period = calendar.period_on(scheme.period, first)
        while today >= seal_day(scheme, period):
            if (key, period.label) not in there and library.in_force(key, mine, as_of=today, known=None, period=period.label):
                rows = seal_period(actor=actor, scheme=key, period=period.label, unit=unit)
                sealed.append((key, period.label, len(rows)))
            period = calendar.period_on(scheme.period, period.after)
    return sealed
