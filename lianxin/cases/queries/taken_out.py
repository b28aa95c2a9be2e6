"""A list of cases to be taken out: what the list shows, of the counties whose lists the reader may take out. Never a phone."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from lianxin.cases import search
from lianxin.cases.models import Case, CaseQuerySet
from lianxin.cases.queries.lists import Asked, read, selected, with_opening, words_of_opening
from lianxin.cases.queries.reach import cases_for
from lianxin.ledger import clock
from lianxin.organizations.access import EXPORT, AnyUser, units_for
from lianxin.organizations.exports import MOST, Export

AT_ONCE = 1_000


def list_to_take_out(user: AnyUser, asked: Mapping[str, str], *, rows: bool) -> Export:
    """The cases asked for, in the order of the list.

    rows: with what stands in them; otherwise only how many there are. `words=1` in what is asked: with what residents reported.
    """
    units = units_for(user, EXPORT).order_by("path")
    wanted, words = read(asked), asked.get("words") == "1"
    cases, few = selected(user, wanted)
    pks = _numbers(user, cases.filter(place__in=units.order_by().values("pk")), few, wanted)
    columns = [_("Number"), _("Reported"), _("Place"), _("Matter"), _("Urgency"), _("How it came"), _("State"), _("Lead")]
    columns += [_("Due"), _("Handled"), _("Over since"), *([_("What was reported")] if words else [])]
    whole = rows and len(pks) <= MOST
    return Export(
        table="cases",
        title=_("Cases"),
        unit=units[0],
        columns=columns,
        rows=_rows(pks, words) if whole else [(pk,) for pk in pks],
    )


def _numbers(user: AnyUser, cases: CaseQuerySet, few: Sequence[int] | None, asked: Asked) -> list[int]:
    if not asked.q:
        order = ("due_at", "-pk") if asked.sort == "due" else ("-pk",)
        return list(cases.order_by(*order).values_list("pk", flat=True)[: MOST + 1])
    pks: list[int] = []
    after = 0
    while True:  # a search ends after some matches and says where to look on
        found = search.find(
            cases, search.terms_of(asked.q), below=after, want=MOST + 1 - len(pks), among=few, whole=cases_for(user)
        )
        pks, after = pks + found.pks, found.after
        if not after or found.full:
            return pks


def _rows(pks: Sequence[int], words: bool) -> list[list[Any]]:
    rows = []
    for start in range(0, len(pks), AT_ONCE):
        some = pks[start : start + AT_ONCE]
        found = Case.objects.filter(pk__in=some)
        cases = {case.pk: case for case in (with_opening(found) if words else found.select_related("place", "lead", "item"))}
        rows += [_row(cases[pk], words) for pk in some if pk in cases]
    return rows


def _row(case: Case, words: bool) -> list[Any]:
    row: list[Any] = [
        case.pk,
        case.reported_on,
        case.place.name,
        str(case.item) if case.item else "",
        case.get_tier_display(),
        case.get_source_display(),
        case.get_state_display(),
        case.lead.name if case.lead else "",
        *(f"{clock.local(at):%Y-%m-%d %H:%M}" if at else "" for at in (case.due_at, case.handled_at, case.ended_at)),
    ]
    return [*row, words_of_opening(case)] if words else row
