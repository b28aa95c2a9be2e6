"""Past messages with their replies, from a workbook of elsewhere: closed cases of the past, with their true dates.

Nobody knows what those residents would have said, so each ends as closed without an answer: never solved, never satisfied. Who
wrote is not asked for; a column of names is passed over.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from lianxin.cases import receipts
from lianxin.cases.actions import PastCase, PastMove, Report, tell_cases
from lianxin.cases.models import Case, CaseClock, CaseStep, Reporter, Source, State
from lianxin.cases.queries.places import PLACES
from lianxin.cases.search import forget
from lianxin.imports.sheets import Column, Finding, Row, Sheet, Unchanged, Wrong
from lianxin.ledger import clock
from lianxin.ledger.models import Batch
from lianxin.organizations.access import IMPORT_RECORDS
from lianxin.organizations.models import LABEL_WIDTH

LONGEST = 9_000
"""Signs of a message or a reply."""
WORDS_OF = ("report", "handle")
"""The steps that hold what was written, and what was replied."""

MESSAGES = {
    "no_place": _("%(unit)s is no village, community, township or county. Give the code of one."),
    "not_open": _("%(unit)s was not open on %(day)s. Give the code of a place that was, such as the county's."),
    "too_early": _("The reply is older than the message (%(asked)s). Correct one of the two."),
    "other_words": _(
        "This message is on record already, with other words. What was brought in is not overwritten; delete the row, or give it"
        " another number."
    ),
}


def check_cases(user: AbstractBaseUser, rows: Sequence[Row]) -> Iterator[Finding]:
    """New; on record already, exactly so; or what does not hold together."""
    known = _on_record({_receipt(row) for row in rows})
    for row in rows:
        place, asked, replied = row["place"], row["asked"], row["replied"]
        said = known.get(_receipt(row))
        if said is not None:
            same = said == {"report": _text(row), "handle": row["reply"]}
            yield Unchanged(row) if same else Wrong(row, "number", MESSAGES["other_words"])
        elif place.kind not in PLACES:
            yield Wrong(row, "place", MESSAGES["no_place"], {"unit": place.name})
        elif asked.date() < place.opened_on or (place.closed_on and replied.date() >= place.closed_on):
            day = asked.date() if asked.date() < place.opened_on else replied.date()
            yield Wrong(row, "place", MESSAGES["not_open"], {"unit": place.name, "day": day})
        elif replied < asked:
            yield Wrong(row, "replied", MESSAGES["too_early"], {"asked": asked})


def bring_in_cases(actor: AbstractBaseUser, rows: Sequence[Row], batch: Batch) -> None:
    """Reported, given to the place's office, handled with the reply, closed without an answer."""
    tell_cases(actor=actor, told=[PastCase(_report(row), _moves(actor, row)) for row in rows], batch=batch)


def give_up_cases(batch: Batch) -> None:
    """Nothing stays of a workbook that could not be brought in whole but its entries, which nobody sees."""
    while cases := list(Case.objects.filter(batch=batch).values_list("pk", flat=True)[:500]):
        with transaction.atomic():
            forget(cases)
            for rows in (CaseStep, CaseClock, Reporter):
                rows._default_manager.filter(case__in=cases).delete()
            Case.objects.filter(pk__in=cases).delete()


def _report(row: Row) -> Report:
    return Report(sending=_sending(row), place=row["place"], text=_text(row), source=Source.IMPORT)


def _moves(actor: AbstractBaseUser, row: Row) -> list[PastMove]:
    asked, replied = _instant(row["asked"]), _instant(row["replied"])
    return [
        PastMove("report", asked, text=_text(row)),
        PastMove("designate", asked, actor=actor, lead=row["place"]),
        PastMove("handle", replied, actor=actor, text=row["reply"]),
        PastMove("fall_silent", replied, end=State.PRESUMED),
    ]


def _on_record(found: set[str]) -> dict[str, dict[str, str]]:
    """What each of these messages says where it is on record, seen or not yet: by its receipt, the words of message and reply."""
    steps = CaseStep.objects.filter(case__reporters__receipt__in=found, case__source=Source.IMPORT, move__in=WORDS_OF)
    said: dict[str, dict[str, str]] = {}
    for step in steps.annotate(receipt=F("case__reporters__receipt")):
        said.setdefault(step.receipt, {})[step.move] = step.text
    return said


def _receipt(row: Row) -> str:
    return receipts.digest_of(receipts.receipt_for(_sending(row)))


def _sending(row: Row) -> str:
    """What makes a message that message: its number and instant in that county; without a number, its words."""
    number = row["number"] or hashlib.sha256(_text(row).encode()).hexdigest()
    return f"import {row['place'].path[:LABEL_WIDTH]} {number} {row['asked'].isoformat()}"


def _text(row: Row) -> str:
    theme, details = row["theme"] or "", row["details"]
    return details if details.startswith(theme) else f"{theme}\n{details}"


def _instant(local: datetime) -> datetime:
    return clock.instant(local.date(), local.hour, local.minute, local.second)


PAST_CASES = Sheet(
    key="cases",
    title=_("Past messages with replies"),
    permission=IMPORT_RECORDS,
    columns=(
        Column(
            "place",
            _("Place code"),
            "unit",
            help=_("A column with the code of each message's place, or one code for all of them."),
            example="152221",
            fixed=True,
        ),
        Column("number", _("Message number"), "text", required=False, longest=60, example="1001", also=("留言编号", "编号")),
        Column("theme", _("Theme"), "words", required=False, longest=500, also=("留言主题", "主题")),
        Column("asked", _("Sent at"), "moment", example="2020-03-05 14:30", also=("留言时间", "反映时间")),
        Column("details", _("Message"), "words", longest=LONGEST, also=("留言详情", "留言内容", "内容")),
        Column("reply", _("Reply"), "words", longest=LONGEST, also=("答复意见", "答复内容", "回复")),
        Column("replied", _("Replied at"), "moment", example="2020-03-12 09:00", also=("答复时间", "回复时间")),
    ),
    identity=("number", "asked", "details"),
    check=check_cases,
    apply=bring_in_cases,
    withdraw=give_up_cases,
    mapped=True,
    help=_(
        "Messages of the past with their replies become closed cases with their true dates. Nobody's verdict is known, so none of"
        " them counts as solved or satisfied. Columns nobody asks for, such as names, are passed over."
    ),
)
