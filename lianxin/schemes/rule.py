"""A scheme's rule in plain sentences, made from the same tree that the compiler reads: what is asked, of whom, how it counts."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from lianxin.ledger.kinds import declared
from lianxin.organizations.models import DesignationKind, Field, UnitKind
from lianxin.organizations.words import fact_value, fact_words
from lianxin.schemes.explain import here
from lianxin.schemes.scheme import Clause, Count, Each, Every, FactTest, From, Judged, Measure, Ratio, Scheme, Selection, Tally
from lianxin.schemes.scheme import Value as FactClause


def say_subject(scheme: Scheme) -> str:
    """Asked of: contact points."""
    return _("Asked of: %(whom)s") % {"whom": _selected(scheme.subject)}


def say_rule(scheme: Scheme, clause: Clause) -> str:
    """One clause in a sentence. “检查指导：一年内“检查指导”不少于3次，同一天多次只算一次”."""
    return f"{here(clause.title)}{_(': ')}{say_asked(scheme, clause)}"


def say_asked(scheme: Scheme, clause: Clause) -> str:
    """The same without the clause's name, for where it stands already."""
    words = [_asked(scheme, clause)]
    if clause.per:
        words.append(_("each %(kind)s beneath on its own") % {"kind": UnitKind(clause.per).label})
    if not clause.applies.empty:
        words.append(_("only where: %(whom)s") % {"whom": _selected(clause.applies)})
    if clause.points:
        words.append(ngettext("%(count)d point", "%(count)d points", clause.points) % {"count": clause.points})
    return pgettext("between parts of a rule", "; ").join(words)


def say_whole(scheme: Scheme) -> list[str]:
    """The whole rule: of whom it asks, and what each clause asks."""
    return [say_subject(scheme), *(say_rule(scheme, clause) for clause in scheme.clauses)]


def _asked(scheme: Scheme, clause: Clause) -> str:
    match clause.test:
        case Count(tally, at_least, bands):
            steps = [_("from %(count)d: %(points)d points") % {"count": count, "points": points} for count, points in bands]
            return _and([_counted(tally, at_least, _period(scheme.period)), *steps])
        case Each(tally, unit, at_least):
            return _counted(tally, at_least, _cell(unit))
        case Every(tally, years):
            span = ngettext("%(count)d year", "%(count)d years", years) % {"count": years} if isinstance(years, int) else ""
            every = span or f"“{fact_words(str(years))}”"
            return _("%(what)s at the latest %(span)s after the last one") % {"what": _kinds(tally), "span": every}
        case Ratio(of, to, at_least):
            values = {"of": _measure(of), "to": _measure(to), "share": f"{at_least / 10:g}"}
            return _("%(of)s to %(to)s: at least %(share)s %%") % values
        case FactClause(fact):
            return _fact(fact)
        case Judged(tally, _pick, _missing, out_of):
            return _("the score given as %(what)s, out of %(out_of)d") % {"what": _kinds(tally), "out_of": out_of}
        case From(source, _use, over):
            beneath, itself = _("as the scheme “%(scheme)s” says of all units beneath"), _("as the scheme “%(scheme)s” says")
            return (beneath if over == "subtree" else itself) % {"scheme": source}


def _counted(tally: Tally, at_least: int, span: str) -> str:
    words = ngettext("%(what)s at least once %(span)s", "%(what)s at least %(count)d times %(span)s", at_least)
    said = words % {"what": _kinds(tally), "count": at_least, "span": span}
    once = {"day": _("several on one day count once"), "subject": _("the same matter counts once")}.get(tally.once_per)
    return _and([said, once] if once else [said])


def _and(words: Sequence[str]) -> str:
    return pgettext("between parts of a sentence", ", ").join(words)


def _or(words: Iterable[object]) -> str:
    return pgettext("between alternatives", " or ").join(map(str, words))


def _period(unit: str) -> str:
    return {
        "year": _("in the year"),
        "half": _("in the half-year"),
        "quarter": _("in the quarter"),
        "month": _("in the month"),
    }[unit]


def _cell(unit: str) -> str:
    return {
        "year": _("every year"),
        "half": _("every half-year"),
        "quarter": _("every quarter"),
        "month": _("every month"),
    }[unit]


def _kinds(tally: Tally) -> str:
    known = declared()
    labels = [str(known[kind].label) if kind in known else kind for kind in tally.kinds if kind in known or kind == tally.kind]
    return _or(f"“{label}”" for label in labels)


def _measure(side: Measure) -> str:
    return _kinds(side.tally) if side.tally else fact_words(side.fact)


def _fact(test: FactTest) -> str:
    values = _or(fact_value(value) for value in test.values)
    said = {
        "equals": _("%(fact)s: %(value)s"),
        "in": _("%(fact)s: %(value)s"),
        "at_least": _("%(fact)s at least %(value)s"),
        "at_most": _("%(fact)s at most %(value)s"),
    }[test.op]
    return said % {"fact": fact_words(test.key), "value": values}


def _selected(chosen: Selection) -> str:
    """Units of these kinds, fields, designation and fact."""
    words = [str(DesignationKind(chosen.designation).label)] if chosen.designation else []
    words += [_or(UnitKind(kind).label for kind in chosen.kinds)] if chosen.kinds else []
    words += [_or(Field(field).label for field in chosen.fields)] if chosen.fields else []
    words += [_fact(chosen.fact)] if chosen.fact else []
    return _and(words)
