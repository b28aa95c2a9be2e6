"""The brief (调度通报) writes itself from records: who is on track, who lacks what, whose elections fall due."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from lianxin.home.choice import POINTS, Choice, Tally, View, is_election, tally
from lianxin.home.forms import BUCKET_WORDS, month_words
from lianxin.home.paper import Line, Paper, Section, Table, Words, line, number
from lianxin.ledger.figures import Counted, Figure, counted
from lianxin.ledger.figures import declared as figures
from lianxin.organizations.models import Field
from lianxin.reminders.picture import BEHIND, BUCKETS, IMPOSSIBLE, MET, ON_TRACK, bucket, in_words, within
from lianxin.schemes.queries import StandingRow
from lianxin.schemes.scheme import Scheme
from lianxin.ui import dates

NAMED = (MET, BEHIND, IMPOSSIBLE, ON_TRACK)
"""States a paper always names, in this order; others where they occur."""
MOST_PRESSING = 12
"""Units named as needing help first."""


def brief_of(view: View) -> Paper:
    """The brief of what the reader sees beneath the chosen unit, on the chosen day."""
    seen = view.picture
    sections = [section for scheme in view.schemes for section in scheme_sections(view, scheme)]
    sections += [burden_section(view), *figure_sections(view)]
    unit = view.top.name if view.top else view.choice.unit
    return Paper(
        title=_("Brief: %(unit)s, %(day)s") % {"unit": unit, "day": dates.full_day(seen.as_of)},
        unit=unit,
        as_of=seen.as_of,
        known_at=seen.known_at,
        sections=[section for section in sections if section.lines or section.tables] if view.top else (),
    )


# --- schemes -----------------------------------------------------------------------------------------------------------


def scheme_sections(view: View, scheme: Scheme) -> list[Section]:
    """How many units are where; for the contact points also by field, and who lacks what."""
    if is_election(scheme):
        return [election_section(view, scheme)]
    rows = view.standings(scheme)
    if not rows:
        return []
    lines = [sum_line(view, scheme, tally(rows))]
    title = in_words(scheme.title)
    if scheme.key == POINTS:
        return [Section(title, lines, [field_table(view, scheme, rows)]), lacking_section(view, scheme, rows)]
    several = len(scheme.clauses) > 1 and not scheme.levels
    return [Section(title, lines, [clause_table(view, scheme)] if several else [])]


def sum_line(view: View, scheme: Scheme, counts: Tally) -> Line:
    """226 contact points in all fields: 61 met + 80 behind + 9 can no longer be met + 76 on track = 226. Each number opens."""
    if scheme.key == POINTS and not view.choice.field:
        found = line(_("%(count)s contact points in all fields: "), count=opened(view.choice, scheme, counts.total))
    else:
        found = line(_("%(count)s units: "), count=opened(view.choice, scheme, counts.total))
    words = list(found)
    for position, state in enumerate(states_in(counts)):
        words += [Words(" + " if position else ""), opened(view.choice, scheme, counts.counts[state], state=state)]
        words.append(Words(f" {BUCKET_WORDS[state]}"))
    return [*words, Words(" = "), opened(view.choice, scheme, counts.total)]


def states_in(counts: Tally) -> list[str]:
    return [*NAMED, *(state for state in BUCKETS if state not in NAMED and counts.counts[state])]


def opened(choice: Choice, scheme: Scheme, count: int, **changes: object) -> Words:
    """A number of units that opens to them."""
    return number(count, choice.address("board_units", scheme=scheme.key, **changes))


def state_table(
    title: str, heading: str, scheme: Scheme, parts: Sequence[tuple[str, Choice, Sequence[StandingRow]]], whole: Tally
) -> Table:
    """One row a part: how many units are in which state. The columns add up to the whole."""
    states = states_in(whole)
    rows = []
    for words, choice, standings in parts:
        counts = tally(standings)
        cells = [opened(choice, scheme, counts.counts[state], state=state) for state in states]
        rows.append([Words(words), opened(choice, scheme, counts.total), *cells])
    return Table(title, [heading, _("units"), *(str(BUCKET_WORDS[state]) for state in states)], rows)


def field_table(view: View, scheme: Scheme, rows: Sequence[StandingRow]) -> Table:
    """The contact points by field (领域)."""
    parts = []
    for field, words in Field.choices:
        found = [row for row in rows if row.unit_field == field]
        if found:
            parts.append((str(words), replace(view.choice, field=field), found))
    return state_table("", _("field"), scheme, parts, tally(rows))


def clause_table(view: View, scheme: Scheme) -> Table:
    """A scheme clause by clause."""
    parts = []
    for clause in scheme.clauses:
        found = view.standings(scheme, clause.id)
        if found:
            parts.append((in_words(clause.title), replace(view.choice, clause=clause.id), found))
    whole = tally(row for _words, _choice, rows in parts for row in rows)
    return state_table("", _("clause"), scheme, parts, whole)


def lacking_section(view: View, scheme: Scheme, rows: Sequence[StandingRow]) -> Section:
    """Who lacks what: counts by township and clause, then the units that need help first."""
    lacking = [row for row in rows if row.missing]
    if not lacking:
        return Section(_("Who lacks what"), [[Words(_("Nobody lacks anything."))]])
    sentence = line(
        _("%(count)s points still lack something; these need help first:"),
        count=opened(view.choice, scheme, len(lacking), lacking=True),
    )
    return Section(_("Who lacks what"), [sentence], [pressing_table(view, scheme, lacking), township_table(view, scheme, rows)])


def township_table(view: View, scheme: Scheme, rows: Sequence[StandingRow]) -> Table:
    """By township: how many units lack each clause."""
    clauses = {clause.id: {row.unit_id for row in view.standings(scheme, clause.id) if row.missing} for clause in scheme.clauses}
    table = []
    for words, choice, found in by_part(view, rows):
        cells = [
            opened(choice, scheme, sum(row.unit_id in without for row in found), clause=name, lacking=True)
            for name, without in clauses.items()
        ]
        table.append([Words(words), opened(choice, scheme, len(found)), *cells])
    heads = [_("lacking: %(what)s") % {"what": within(clause.title)} for clause in scheme.clauses]
    return Table("", [_("place"), _("units"), *heads], table)


def by_part(view: View, rows: Sequence[StandingRow]) -> list[tuple[str, Choice, list[StandingRow]]]:
    """Standings by township (or village), those directly beneath the chosen unit last."""
    assert view.top is not None
    groups: dict[int, list[StandingRow]] = {}
    for row in rows:
        part = view.part_of(row.unit_path)
        groups.setdefault(part.unit_id if part else 0, []).append(row)
    places = view.picture.tree.places
    order = sorted(groups, key=lambda part: (not part, places[part].code if part else ""))
    direct = _("directly beneath %(unit)s") % {"unit": view.top.name}
    return [
        (
            places[part].name if part else direct,
            replace(view.choice, unit=places[part].code) if part else replace(view.choice, beneath="direct"),
            groups[part],
        )
        for part in order
    ]


def pressing_table(view: View, scheme: Scheme, lacking: Sequence[StandingRow]) -> Table:
    """The units that need help first: those that cannot make it any more, then those behind, then those that lack most."""
    rank = {IMPOSSIBLE: 0, BEHIND: 1}
    pressing = lambda row: (rank.get(bucket(row) or "", 2), -(row.missing or 0), row.due or date.max, row.unit_code)  # noqa: E731
    kept = view.picture.standings(scheme)
    table = []
    for row in sorted(lacking, key=pressing)[:MOST_PRESSING]:
        missing = [each for each in kept.clauses.get(row.unit_id, ()) if each.missing]
        what = capfirst(_(", ").join(f"{within(each.clause_title)} {each.n}/{each.need}" for each in missing))
        place = view.picture.tree.above(row.unit_path, "township", "county")
        why = view.choice.standing(row.unit_code, scheme.key)
        state = str(BUCKET_WORDS[bucket(row) or ON_TRACK])
        where = Words(place.name if place else "")
        table.append([Words(row.unit_name, why), where, Words(state), Words(what), due_words(row.due)])
    return Table("", [_("unit"), _("place"), _("state"), _("what is missing"), _("by")], table)


def due_words(due: date | None) -> Words:
    return Words(dates.full_day(due) if due else "", whole=True)


# --- elections -----------------------------------------------------------------------------------------------------------


def election_section(view: View, scheme: Scheme) -> Section:
    """Elections overdue, and those falling due within six months, by month and name."""
    rows = [row for clause in scheme.clauses for row in view.standings(scheme, clause.id) if row.due]
    late = sorted((row for row in rows if row.alert == "overdue"), key=by_due)
    soon = sorted((row for row in rows if row.alert == "due_soon"), key=by_due)
    one = scheme.clauses[0].id if len(scheme.clauses) == 1 else ""
    sentence = line(
        _("Overdue: %(late)s. Falling due within six months: %(soon)s. Branches and committees in all: %(all)s."),
        late=opened(view.choice, scheme, len(late), clause=one, alert="overdue"),
        soon=opened(view.choice, scheme, len(soon), clause=one, alert="due_soon"),
        all=opened(view.choice, scheme, len(rows), clause=one),
    )
    overdue = opened(view.choice, scheme, len(late), clause=one, alert="overdue")
    table = [[Words(_("overdue")), overdue, Words(names(late))]] if late else []
    for month, by_month in groupby(soon, key=lambda row: (row.due or date.max).replace(day=1)):
        found = list(by_month)
        opens = opened(view.choice, scheme, len(found), clause=one, alert="due_soon", month=f"{month:%Y-%m}")
        table.append([Words(month_words(month)), opens, Words(names(found))])
    return Section(in_words(scheme.title), [sentence], [Table("", [_("due"), _("units"), _("which")], table)] if table else [])


def by_due(row: StandingRow) -> tuple[date, str]:
    return row.due or date.max, row.unit_code


def names(rows: Sequence[StandingRow]) -> str:
    return pgettext("between names", ", ").join(row.unit_name for row in rows)


# --- the record itself -----------------------------------------------------------------------------------------------------


def burden_section(view: View) -> Section:
    """What the rules ask of a unit in a year: the load each issuing rule causes."""
    lines = []
    for scheme in view.picture.schemes:
        if scheme.levels or is_election(scheme):
            continue
        rows = view.standings(scheme)
        visible = {row.unit_id for row in rows}
        kept = view.picture.standings(scheme).clauses
        asked = sum(each.need or 0 for unit in visible for each in kept.get(unit, ()))
        if visible:
            lines.append(
                line(
                    _(
                        "%(scheme)s (%(basis)s) asks something of %(units)s units; "
                        "what each of them needs so far this period adds up to %(acts)s acts, %(each)s a unit."
                    ),
                    scheme=in_words(scheme.title),
                    basis=scheme.basis or _("no basis given"),
                    units=opened(view.choice, scheme, len(visible)),
                    acts=f"{asked:,}",
                    each=f"{asked / len(visible):.1f}",
                )
            )
    return Section(_("What the rules ask"), lines)


def figure_sections(view: View) -> list[Section]:
    """Figures the apps declare, those of the record first."""
    own = [figure for figure in figures().values() if view.opens(figure)]
    lines = {
        figure.key: figure_line(view, figure, parts)
        for figure, parts in zip(own, counted([(figure, view.asked(figure)) for figure in own]), strict=True)
    }
    record = [line for key, line in lines.items() if key.startswith("home.")]
    others = [line for key, line in lines.items() if not key.startswith("home.")]
    return [Section(_("The record this month"), record), Section(_("Units and people"), others)]


def figure_line(view: View, figure: Figure, parts: Sequence[Counted]) -> Line:
    """party members 12,993: farmers and herders 5,300, employed 5,893, away 1,800. Each number opens."""
    whole = number(sum(count for _part, _words, count in parts), view.choice.figure(figure.key))
    words = [Words(f"{figure.title} "), whole]
    if figure.by:
        for position, (part, title, count) in enumerate(parts):
            opens = number(count, view.choice.figure(figure.key, part))
            words += [Words(_(", ") if position else _(": ")), Words(f"{title} "), opens]
    return words
