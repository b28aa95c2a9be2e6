"""How an entry reads: what happened, who recorded it, what became of it. Names only for those who may see people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any, Generic, TypeVar

from django.db.models import CharField, QuerySet, TextChoices, Value
from django.db.models.functions import Cast
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lianxin.ledger.kinds import declared
from lianxin.ledger.models import Entry
from lianxin.organizations.access import LOG_VIEW, PEOPLE_VIEW, AnyUser, may
from lianxin.organizations.models import DesignationKind, Fact, MembershipKind, Person, Post, Title, Unit

FACT_WORDS = {
    "term_years": gettext_lazy("term of office in years"),
    "founded_on": gettext_lazy("founded on"),
    "groups": gettext_lazy("number of groups"),
    "households": gettext_lazy("households"),
    "area": gettext_lazy("area"),
    "committee": gettext_lazy("has a committee"),
    "committee_size": gettext_lazy("size of the committee"),
    "committee_average_age": gettext_lazy("average age of the committee"),
    "one_shoulder": gettext_lazy("secretary also heads the village or community"),
}
UNIT_FIELDS = ("parent", "from", "to", "into")
"""Fields of our entries that hold a unit's code."""


@dataclass(frozen=True)
class Line:
    """One entry, ready to be read."""

    entry: Entry
    what: str
    who: str
    reason: str
    elsewhere: str
    """The unit's name, where it is not the one whose timeline is read."""
    by: str
    """Who corrected it."""
    why: str
    """Why it was corrected."""

    @property
    def superseded(self) -> bool:
        return self.entry.valid_to is not None

    @property
    def code(self) -> str:
        return self.entry.unit.code


def told_of(prefix: str = "") -> list[str]:
    """What `lines` reads beside an entry: for `select_related` on entries, or on rows that have one at `prefix`."""
    beside = ("unit", "actor__person", "reason", "superseded_by__reason", "superseded_by__actor__person")
    return [f"{prefix}{name}" for name in beside]


@dataclass(frozen=True)
class Told:
    """One version of a record, as the reader may see it. A room adds its words."""

    line: Line


T = TypeVar("T", bound=Told)


@dataclass(frozen=True)
class RecordPage(Generic[T]):
    """A record of a unit (a visit, a gathering) with all its versions, newest first."""

    unit: Unit
    told: Sequence[T]
    may_correct: bool

    @property
    def newest(self) -> T:
        return self.told[0]

    @property
    def stands(self) -> bool:
        """Whether it was not taken back."""
        return not self.newest.line.superseded


def lines(user: AnyUser, entries: Iterable[Entry], of: Unit | None = None) -> list[Line]:
    """Entries as lines. One query at most, however many entries."""
    rows = list(entries)
    names = _names(user, rows)
    found = []
    for entry in rows:
        newer, what = _newer(entry), what_happened(entry, names.units, names.people)
        elsewhere = "" if of is not None and entry.unit_id == of.pk else entry.unit.name
        found.append(
            Line(
                entry=entry,
                what=what if elsewhere else capfirst(what),
                who=_who(user, entry, names.titles),
                reason=_reason(entry),
                elsewhere=elsewhere,
                by=_who(user, newer, names.titles) if newer else "",
                why=_reason(newer) if newer else "",
            )
        )
    return found


def kind_words(kind: str) -> str:
    """The label of a kind of entry; its bare name where no room declares it any more."""
    known = declared().get(kind)
    return str(known.label) if known else kind


def fact_words(key: str) -> str:
    """What a fact is called; its bare key where nothing better is known."""
    return str(FACT_WORDS.get(key, key))


def fact_value(value: str) -> str:
    """How a fact's value reads: yes, no, or as it is."""
    return {"true": _("yes"), "false": _("no")}.get(value, value)


def fact_lines(facts: Iterable[Fact]) -> list[tuple[str, str, date]]:
    """(what, how much, since when) of the facts that hold; terms of office are shown elsewhere."""
    shown = [fact for fact in facts if fact.key not in ("term_years", "founded_on")]
    return [(capfirst(fact_words(fact.key)), fact_value(fact.value), fact.since) for fact in shown]


def what_happened(entry: Entry, units: dict[str, str], people: dict[int, str]) -> str:
    """The entry in one line: the label of its kind, and what its data say."""
    data = entry.data
    named = {field: units.get(str(data[field]), str(data[field])) for field in UNIT_FIELDS if field in data}
    who = people.get(data["person"], "") if isinstance(data.get("person"), int) else ""
    label = kind_words(entry.kind)
    match entry.kind.removeprefix("organizations."):
        case "unit_founded" if "parent" in named:
            return _("founded beneath %(parent)s") % named
        case "unit_moved":
            return _("moved from %(from)s to %(to)s") % named
        case "unit_merged":
            return _("merged into %(into)s") % named
        case "designation_given":
            return _("designated: %(designation)s") % {"designation": _label(DesignationKind, data.get("designation"))}
        case "designation_ended":
            return _("no longer designated: %(designation)s") % {"designation": _label(DesignationKind, data.get("designation"))}
        case "fact_set":
            return _("%(fact)s: %(value)s") % {
                "fact": fact_words(str(data.get("key"))),
                "value": fact_value(str(data.get("value"))),
            }
        case "post_given" | "post_ended":
            return _joined(label, _label(Title, data.get("title")), who)
        case "member_joined" | "member_left":
            return _joined(label, _label(MembershipKind, data.get("membership")), who)
        case "election_held":
            seats = _("%(seats)s elected") % {"seats": data.get("seats", "?")}
            return _joined(label, seats, _("secretary also heads the village or community") if data.get("one_shoulder") else "")
    return _joined(label, f"× {entry.quantity}" if entry.quantity != 1 else "", who)


def _joined(first: str, *rest: str) -> str:
    return " · ".join(part for part in (first, *rest) if part)


def _label(words: type[TextChoices], word: Any) -> str:
    return str(words(word).label) if word in words.values else str(word)


def _newer(entry: Entry) -> Entry | None:
    return getattr(entry, "superseded_by", None) if entry.valid_to is not None else None


def _reason(entry: Entry) -> str:
    return getattr(getattr(entry, "reason", None), "text", "")


def _who(user: AnyUser, entry: Entry, titles: dict[int, str]) -> str:
    """The recorder's name for those who may see people there, for the auditor and for oneself; else the post they hold."""
    person = getattr(entry.actor, "person", None)
    if entry.actor_id == user.pk or may(user, PEOPLE_VIEW, entry.unit) or may(user, LOG_VIEW, entry.unit):
        return person.name if person else str(entry.actor)
    return titles.get(entry.actor_id, _("account %(number)s") % {"number": entry.actor_id})


@dataclass(frozen=True)
class Names:
    """Names that some lines speak of: units by code, people by id, and by account the post by which it recorded."""

    units: dict[str, str]
    people: dict[int, str]
    titles: dict[int, str]


def _names(user: AnyUser, entries: Sequence[Entry]) -> Names:
    """One query for all of them, none where none is needed."""
    codes = {str(entry.data[field]) for entry in entries for field in UNIT_FIELDS if field in entry.data}
    people = {
        entry.data["person"]
        for entry in entries
        if isinstance(entry.data.get("person"), int) and may(user, PEOPLE_VIEW, entry.unit)
    }
    hidden = {
        e.actor_id for entry in entries for e in (entry, _newer(entry)) if e is not None and not may(user, PEOPLE_VIEW, e.unit)
    } - {user.pk}
    none, parts = Value(""), list[QuerySet[Any, Any]]()
    if codes:
        units = Unit.objects.order_by().filter(code__in=codes)
        parts.append(units.values_list(Value("unit"), "code", "name", none, none))
    if people:
        persons = Person.objects.order_by().filter(pk__in=people)
        parts.append(persons.values_list(Value("person"), Cast("pk", CharField()), "name", none, none))
    if hidden:
        held = Post.objects.order_by().filter(person__user__in=hidden)
        whose, since = Cast("person__user_id", CharField()), Cast("since", CharField())
        parts.append(held.values_list(Value("post"), whose, "unit__name", "title", since))
    found = sorted(parts[0].union(*parts[1:], all=True), key=itemgetter(4)) if parts else []
    return Names(
        units={key: name for what, key, name, _title, _since in found if what == "unit"},
        people={int(key): name for what, key, name, _title, _since in found if what == "person"},
        titles={int(key): f"{name} {_label(Title, title)}" for what, key, name, title, _since in found if what == "post"},
    )
