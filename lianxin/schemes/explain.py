"""Why a unit stands as it does: the rule, the figures, the entries that counted, those that did not and why not."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.utils import formats
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext
from django.utils.translation import gettext as _

from lianxin.ledger.kinds import declared
from lianxin.schemes.engines import LIVE, Engine, compiled_drill, fill
from lianxin.schemes.models import Version
from lianxin.schemes.scheme import Clause, Every, From, Scheme, Title, Value, When, tallies_of
from lianxin.schemes.standings import StandingRow

if TYPE_CHECKING:
    from lianxin.schemes.queries import Reading


def here(title: Title) -> str:
    """A scheme's own text in the reader's language, as a line begins with it."""
    return capfirst(title.in_language(get_language() or "zh-hans"))


def say_day(day: object) -> str:
    """A day as people write it: 12月31日, 31 Dec."""
    return formats.date_format(day, pgettext("day and month", "j M"), use_l10n=False)  # type: ignore[arg-type]


def say_missing(row: StandingRow, scheme: Scheme) -> str:
    """One line: how far it has come, what is missing, by when. “检查指导 2/3，还差1次，12月31日前”."""
    clause: Clause | None = scheme.clause(row.clause)
    title = here(row.clause_title)
    if row.state in ("not_applicable", "waived", "unknown"):
        return title
    if clause is not None and isinstance(clause.test, Every):
        if row.due is None:
            return title
        if row.alert == "overdue":
            return _("%(title)s: was due %(day)s") % {"title": title, "day": say_full(row.due)}
        return _("%(title)s: due %(day)s") % {"title": title, "day": say_full(row.due)}
    if row.n is None or row.need is None:
        return title
    count = f"{title} {row.n}/{row.need}"
    if not row.missing:
        return count
    short = _("%(count)s, %(missing)s to go") % {"count": count, "missing": row.missing}
    if row.due is None or row.state == "unmet":
        return short
    return _("%(short)s, by %(day)s") % {"short": short, "day": say_day(row.due)}


def say_full(day: object) -> str:
    """A day with its year."""
    return formats.date_format(day, pgettext("day, month and year", "j M Y"), use_l10n=False)  # type: ignore[arg-type]


WHY_NOT = {
    "corrected": gettext_lazy("corrected or taken back"),
    "late": gettext_lazy("recorded after the books closed"),
    "after": gettext_lazy("after the day looked at"),
    "same_day": gettext_lazy("a second one on the same day"),
    "same_subject": gettext_lazy("the same matter again"),
    "earlier": gettext_lazy("an earlier one; the latest counts"),
    "lapsed": gettext_lazy("too long ago: the next one was due"),
    "surplus": gettext_lazy("more than this month or quarter asks"),
    "cell_short": gettext_lazy("too few in this month or quarter"),
    "not_owed": gettext_lazy("the unit did not owe this month or quarter"),
}


@dataclass(frozen=True)
class Listed:
    """An entry that stands behind a figure, or could have."""

    id: int
    unit_id: int
    kind: str
    happened_on: date
    recorded_at: datetime
    why: str
    """`counted`, or a key of WHY_NOT."""

    @property
    def kind_label(self) -> str:
        kind = declared().get(self.kind)
        return str(kind.label) if kind else self.kind

    @property
    def why_text(self) -> str:
        return str(WHY_NOT.get(self.why, ""))


@dataclass(frozen=True)
class ClauseExplained:
    """One clause of one unit: the figure, its sentence, its entries, its rule and its statement."""

    row: StandingRow
    restated: StandingRow | None
    """As known now, where that differs from the sealed verdict."""
    text: str
    rule: str
    """What the clause asks, in a sentence; nothing for a veto."""
    source: str
    counted: tuple[Listed, ...]
    not_counted: tuple[Listed, ...]
    sql: str
    drawn_from: str
    """The scheme whose verdict this clause uses, if it does."""

    @property
    def last(self) -> date | None:
        """The day of the last record that counted, or did until the next one was due."""
        done = self.counted or tuple(entry for entry in self.not_counted if entry.why == "lapsed")
        return done[-1].happened_on if done else None

    @property
    def spacing(self) -> str:
        """How far apart what counted lies: three visits within two days are not three visits over a year."""
        if len(self.counted) < 2:
            return ""
        days = (self.counted[-1].happened_on - self.counted[0].happened_on).days + 1
        return ngettext("%(n)s within %(days)s day", "%(n)s within %(days)s days", days) % {"n": len(self.counted), "days": days}


@dataclass(frozen=True)
class Explanation:
    """Why a unit stands as it does with a scheme."""

    scheme: Scheme
    whole: StandingRow
    clauses: tuple[ClauseExplained, ...]
    versions: tuple[Version, ...]
    sql: str

    @property
    def title(self) -> str:
        return here(self.scheme.title)


def can_drill(clause: Clause) -> bool:
    """Whether entries of its own stand behind a clause; facts and other schemes' verdicts have none."""
    return not isinstance(clause.test, Value | From) and bool(tallies_of(clause.test))


def listed(read: "Reading", clause: str, unit_ids: Collection[int], engine: Engine = LIVE) -> tuple[list[Listed], str]:
    """The entries behind one clause of these units, in order of day, and the statement that lists them."""
    found = read.scheme.clause(clause)
    if found is not None and not can_drill(found):
        return [], ""
    veto = next((veto for veto in read.scheme.vetoes if veto.id == clause), None)
    if found is None and (veto is None or isinstance(veto.test, When)):
        return [], ""
    compiled = compiled_drill(read.scheme, clause, read.frame, engine.dialect, read.kinds)
    sql = fill(compiled, unit_ids, engine.dialect)
    rows = [Listed(row[0], row[1], row[2], _day(row[3]), _instant(row[4]), row[7]) for row in engine.rows(sql)]
    return sorted(rows, key=lambda row: (row.happened_on, row.id)), sql


def _day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _instant(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
