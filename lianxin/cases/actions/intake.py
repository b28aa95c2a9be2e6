"""How cases come in: a resident reports, joins, adds a note; somebody records one for a resident."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import Http404

from lianxin.accounts.sealing import fingerprint, seal
from lianxin.cases import receipts
from lianxin.cases.actions.moving import Asked, belongs_to, locked, make_move, the_residents
from lianxin.cases.errors import CaseError
from lianxin.cases.models import OPEN_STATES, Case, CaseStep, Item, Reporter, Sending, Source, State, Tier
from lianxin.cases.photos import Cleaned
from lianxin.cases.queries.reach import neighbourhoods
from lianxin.ledger import clock
from lianxin.ledger.actions import body_hash, lock_chain
from lianxin.organizations.access import CASE_RECORD
from lianxin.organizations.models import Unit, UnitKind
from lianxin.organizations.people import clean_phone, phone_index


@dataclass(frozen=True)
class Report:
    """What is reported.

    sending: the key the phone made, at least 16 characters; the same one again is the same report.
    place: village, community, township or county.
    text: what is wrong. spot: where exactly. phone: as typed, or empty.
    about: the unit it complains about.
    network: keyed digest of the address it came from (accounts.networks.network_of).
    photos: as `photos.clean_photos` gives them.
    """

    sending: str
    place: Unit
    text: str
    spot: str = ""
    phone: str = ""
    item: Item | None = None
    tier: str = ""
    source: str = Source.WEB
    about: Unit | None = None
    language: str = ""
    network: str = ""
    lat: Any = None
    long: Any = None
    photos: Sequence[Cleaned] = ()

    @property
    def alone(self) -> bool:
        """Whether it joins no other: those who work on the other could be whom it complains about; and a danger is looked at by
        itself, in the time that a danger has."""
        return self.about is not None or self.tier == Tier.DANGER


@dataclass(frozen=True)
class Received:
    """What became of a report.

    receipt: the 24 characters, for the resident; they are kept nowhere.
    step: with what it began, where it is a case of its own, received now.
    again: the same report had been received before.
    changed: something was received under this key before, saying something else; nothing was saved now.
    """

    reporter: Reporter
    receipt: str
    step: CaseStep | None = None
    again: bool = False
    changed: bool = False


@transaction.atomic
def report_case(*, report: Report, quarantined: bool = False, fresh: bool = False) -> Received:
    """A resident reports a problem. Saved once however often it is sent.

    quarantined: it waits to be looked at first.
    fresh: in this transaction, `lock_chain` held, `received_before` was asked and knows nothing of it.
    Raises CaseError without words, ValidationError for a phone that is none.
    """
    if not fresh:
        lock_chain()  # its twin is saved before it is looked for, or waits
        known = received_before(report)
        if known is not None:
            return known
    case, reporter = _take_in(report)
    step = make_move(
        actor=the_residents(),
        case=case,
        name="report",
        end=State.QUARANTINED if quarantined else State.UNCLAIMED,
        asked=Asked(text=report.text, photos=report.photos, data={"source": str(report.source), "reporter": reporter.pk}),
        new=True,
    )
    _remember(report, reporter)
    return Received(reporter, receipts.receipt_for(report.sending), step)


@transaction.atomic
def record_case(*, actor: AbstractBaseUser, unit: Unit, report: Report, day: date | None = None) -> Received:
    """Record a case for a resident: found on a home visit, or taken by phone; the verdict stays the resident's.

    unit: on whose behalf it is recorded. Raises Http404 where the actor may not, or not there; CaseError as `report_case`, and
    where it complains about a unit to which the actor belongs: that unit must never learn of it.
    """
    known = received_before(report)
    if known is not None:
        return known
    if not any(report.place.path.startswith(path) for path in neighbourhoods(actor, CASE_RECORD)):
        raise Http404
    about = report.about
    if about is not None and (unit.path.startswith(about.path) or belongs_to(actor, about)):
        raise CaseError("about_own", unit=about.name)
    case, reporter = _take_in(report, by_proxy=True)
    make_move(
        actor=actor,
        case=case,
        name="record",
        asked=Asked(
            unit=unit,
            text=report.text,
            photos=report.photos,
            day=day,
            data={"source": str(report.source), "reporter": reporter.pk},
        ),
        new=True,
    )
    _remember(report, reporter)
    return Received(reporter, receipts.receipt_for(report.sending))


@transaction.atomic
def join_case(*, case: Case, report: Report) -> Received:
    """“Me too”: another resident joins an open case, with a receipt and a verdict of their own. A report that stands alone
    becomes a case of its own.

    Raises CaseError where the case is over by now.
    """
    if report.alone:
        return report_case(report=report)
    known = received_before(report)
    if known is not None:
        return known
    case = locked(case)
    if case.state not in (*OPEN_STATES, State.HANDLED):
        raise CaseError("no_such_move", state=case.get_state_display())
    reporter = draft_reporter(case, report, at=clock.now())
    reporter.save(force_insert=True)
    make_move(
        actor=the_residents(),
        case=case,
        name="join",
        asked=Asked(reporter=reporter, text=report.text, photos=report.photos, data={"reporter": reporter.pk}),
    )
    _remember(report, reporter)
    return Received(reporter, receipts.receipt_for(report.sending))


@transaction.atomic
def add_note(*, reporter: Reporter, text: str, photos: Sequence[Cleaned] = ()) -> CaseStep:
    """A resident adds something to the case: words, photos, or both; the same twice running is one note. Raises CaseError without
    either, or once it is over."""
    case = locked(reporter.case)
    last: CaseStep | None = case.steps.order_by("id").last()
    if last is not None and (last.move, last.reporter_id, last.text) == ("note", reporter.pk, text.strip()):
        sent = {photo.original for photo in photos}
        if sent == set(last.photos.values_list("original", flat=True)):
            return last
    asked = Asked(reporter=reporter, text=text, photos=photos, data={"reporter": reporter.pk})
    return make_move(actor=the_residents(), case=case, name="note", asked=asked)


@transaction.atomic
def object_to_decline(*, reporter: Reporter, text: str) -> CaseStep:
    """A resident objects to its not being taken up: it goes to the pool. Raises CaseError without words, or where it is open."""
    case = locked(reporter.case)
    return make_move(
        actor=the_residents(), case=case, name="object", asked=Asked(reporter=reporter, text=text, data={"reporter": reporter.pk})
    )


def received_before(report: Report) -> Received | None:
    """What became of the report when it was received under its key before; None: it was not."""
    key = receipts.digest_of_sending(report.sending)
    earlier = Sending.objects.filter(key=key).first()
    if earlier is None:
        return None
    same = earlier.body_hash == _body(report)
    return Received(earlier.reporter, receipts.receipt_for(report.sending), again=True, changed=not same)


def _remember(report: Report, reporter: Reporter) -> None:
    key = receipts.digest_of_sending(report.sending)
    Sending.objects.create(key=key, body_hash=_body(report), reporter=reporter, received_at=clock.now())


def _body(report: Report) -> str:
    """A keyed digest of what was said: of few words a plain one could be guessed."""
    said: dict[str, object] = {
        "place": report.place.pk,
        "text": report.text.strip(),
        "spot": report.spot.strip(),
        "phone": report.phone.strip(),
    }
    said |= {"photos": [each.original for each in report.photos]} if report.photos else {}
    said |= {"about": report.about.pk} if report.about else {}
    said |= {"tier": str(report.tier)} if report.tier not in ("", Tier.ORDINARY) else {}
    return fingerprint(body_hash(said), key="receipt")


def draft_case(report: Report, *, county: Unit, at: datetime) -> Case:
    """A case as it comes in, not saved yet. Where exactly it is can be sealed only then: `seal_spot`."""
    return Case(
        county=county,
        place=report.place,
        item=report.item,
        tier=report.tier or (report.item.tier if report.item else "ordinary"),
        source=report.source,
        state=State.UNCLAIMED,
        about=report.about,
        lat=report.lat,
        long=report.long,
        reported_at=at,
        reported_on=clock.local_date(at),
    )


def seal_spot(case: Case, report: Report) -> None:
    """Seal where exactly it is, in a case that was saved."""
    if report.spot.strip():
        case.spot = seal(report.spot.strip()[:200], key="case", bound_to=case.subject)


def draft_reporter(case: Case, report: Report, *, at: datetime, by_proxy: bool = False) -> Reporter:
    """A resident of a case, not saved yet. Raises ValidationError for a phone that is none."""
    reporter = Reporter(
        case=case,
        receipt=receipts.digest_of(receipts.receipt_for(report.sending)),
        language=report.language,
        network=report.network,
        by_proxy=by_proxy,
        joined_at=at,
    )
    if report.phone.strip():
        digits = clean_phone(report.phone)
        reporter.phone, reporter.phone_index = seal(digits, key="case", bound_to=reporter.receipt), phone_index(digits)
    return reporter


def _take_in(report: Report, *, by_proxy: bool = False) -> tuple[Case, Reporter]:
    now = clock.now()
    case = draft_case(report, county=county_of(report.place), at=now)
    case.save(force_insert=True)
    seal_spot(case, report)
    reporter = draft_reporter(case, report, at=now, by_proxy=by_proxy)
    reporter.save(force_insert=True)
    return case, reporter


def county_of(place: Unit) -> Unit:
    """The county a place lies in. Raises CaseError where it lies in none."""
    county = place.within(UnitKind.COUNTY)
    if county is None:
        raise CaseError("no_place")
    return county
