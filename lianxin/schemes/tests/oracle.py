"""The slow, obvious reckoning of a scheme, one unit and one day at a time. It shares nothing with the compiler but the scheme
itself and the names of periods: sets of days, lists of entries, plain loops."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property

from lianxin.schemes.calendar import add_months, add_years, cells, prorated
from lianxin.schemes.frame import Frame
from lianxin.schemes.scheme import (
    Clause,
    Combination,
    Count,
    Each,
    Every,
    FactTest,
    From,
    Judged,
    Ratio,
    Scheme,
    Selection,
    Tally,
    Value,
    tallies_of,
)
from lianxin.schemes.scratch import EntryRow, Records

Verdict = dict[str, object]
Days = frozenset[date]


def judge(
    scheme: Scheme, sources: Mapping[str, Scheme], frame: Frame, records: Records, kinds: frozenset[str]
) -> dict[tuple[int, str], Verdict]:
    """Every subject's verdict of every clause ("" for the whole)."""
    court = Court(scheme, sources, frame, records, kinds)
    return {(unit, clause): verdict for unit in court.subjects for clause, verdict in court.unit(unit).items()}


def half_up(value: Fraction) -> int:
    return int((value * 2 + 1) // 2)


def number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() and len(text) <= 9 else None


def holds(value: str, test: FactTest) -> bool:
    if test.op == "equals":
        return value == test.values[0]
    if test.op == "in":
        return value in test.values
    found = number(value)
    if found is None:
        return False
    return found >= int(test.values[0]) if test.op == "at_least" else found <= int(test.values[0])


@dataclass
class Court:
    scheme: Scheme
    sources: Mapping[str, Scheme]
    frame: Frame
    records: Records
    kinds: frozenset[str]
    judged: dict[int, dict[str, Verdict]] = field(default_factory=dict)
    others: dict[str, "Court"] = field(default_factory=dict)

    def known(self, row) -> bool:
        instant = self.frame.known
        if instant is None:
            return row.valid_to is None
        return row.recorded_at <= instant and (row.valid_to is None or row.valid_to > instant)

    def shown(self, entry: EntryRow) -> bool:
        """Whether the import that wrote it, if one did, was visible."""
        if entry.batch_id is None:
            return True
        batch = next(batch for batch in self.records.batches if batch.id == entry.batch_id)
        then = self.frame.known is None or batch.visible_at is None or batch.visible_at <= self.frame.known
        return batch.visible and then

    @cached_property
    def days(self) -> list[date]:
        return [self.frame.period.first + timedelta(days=number) for number in range(self.frame.period.days)]

    def on(self, rows, day: date) -> bool:
        """Whether one of the rows holds on that day; beyond the frame's day, what holds on that day still does."""
        day = min(day, self.frame.day)
        return any(row.since <= day and (row.until is None or day < row.until) for row in rows)

    def active(self, unit: int, *selections: Selection) -> Days:
        placed = [row for row in self.records.placements if row.unit_id == unit and self.known(row)]
        wanted = [placed]
        for selection in selections:
            if selection.kinds:
                wanted.append([row for row in placed if row.kind in selection.kinds])
            if selection.fields:
                wanted.append([row for row in placed if row.field in selection.fields])
            if selection.designation:
                given = [row for row in self.records.designations if row.unit_id == unit and self.known(row)]
                wanted.append([row for row in given if row.designation == selection.designation])
            if selection.fact:
                facts = [row for row in self.records.facts if row.unit_id == unit and self.known(row)]
                wanted.append([row for row in facts if row.key == selection.fact.key and holds(row.value, selection.fact)])
        return frozenset(day for day in self.days if all(self.on(rows, day) for rows in wanted))

    @cached_property
    def subjects(self) -> list[int]:
        return [unit for unit in self.records.units if self.active(unit, self.scheme.subject)]

    def entries(self, unit: int, kinds: tuple[str, ...]) -> list[EntryRow]:
        """What happened, as known, up to the frame's day."""
        return [
            entry
            for entry in self.records.entries
            if entry.unit_id == unit
            and entry.kind in kinds
            and entry.happened_on <= self.frame.day
            and self.known(entry)
            and self.shown(entry)
        ]

    def tallied(self, tally: Tally, entries: list[EntryRow]) -> int:
        if tally.once_per == "day":
            return len({entry.happened_on for entry in entries})
        if tally.once_per == "subject":
            return len({entry.subject or entry.id for entry in entries})
        return len(entries)

    def in_period(self, unit: int, tally: Tally) -> list[EntryRow]:
        return [entry for entry in self.entries(unit, tally.kinds) if entry.happened_on >= self.frame.period.first]

    def fact(self, unit: int, key: str) -> str | None:
        values = [
            row.value
            for row in self.records.facts
            if row.unit_id == unit and row.key == key and self.known(row) and self.on([row], self.frame.day)
        ]
        return max(values, default=None)

    def waived(self, unit: int, clause: str) -> bool:
        names = {f"{self.scheme.key}/{name}/{self.frame.period.label}" for name in ("", clause)}
        return any(
            entry.unit_id == unit
            and entry.kind == "schemes.waived"
            and entry.subject in names
            and entry.happened_on <= self.frame.as_of
            and self.known(entry)
            and self.shown(entry)
            for entry in self.records.entries
        )

    # -- clauses

    def unit(self, unit: int) -> dict[str, Verdict]:
        if unit not in self.judged:
            self.judged[unit] = self.judge(unit)
        return self.judged[unit]

    def judge(self, unit: int) -> dict[str, Verdict]:
        found = {clause.id: self.clause(unit, clause) for clause in self.scheme.clauses}
        return {**found, "": self.whole(unit, found)}

    def clause(self, unit: int, clause: Clause) -> Verdict:
        selections = [self.scheme.subject] + ([] if clause.applies.empty else [clause.applies])
        active = self.active(unit, *selections)
        over = self.frame.over or not active or self.frame.day not in active
        asked = getattr(self, f"of_{type(clause.test).__name__.lower()}")(unit, clause, active, over)
        asked["over"] = over
        asked["active"] = active
        fact_missing = False
        if clause.applies.fact:
            ever = [
                row
                for row in self.records.facts
                if row.unit_id == unit and row.key == clause.applies.fact.key and self.known(row)
            ]
            fact_missing = not any(self.on(ever, day) for day in self.days)
        unknown = fact_missing or any(tally.kind not in self.kinds for tally in tallies_of(clause.test))
        nothing_owed = (asked.get("owed") is False and not unknown) or asked["state"] == "not_applicable"
        if (not active and not fact_missing) or (nothing_owed and (isinstance(clause.test, From) or asked.get("owed") is False)):
            asked["state"] = "not_applicable"
        elif self.waived(unit, clause.id):
            asked["state"] = "waived"
        elif unknown:
            asked["state"] = "unknown"
        if asked["state"] in ("not_applicable", "waived"):
            asked["due"] = None
        asked["pace"] = self.pace(clause, asked)
        asked["alert"] = self.alert(clause, asked)
        asked["points"] = self.points(clause, asked)
        return asked

    def running(self, n: int, need: int, over: bool) -> str:
        return "met" if n >= need else "unmet" if over else "not_started" if n == 0 else "pending"

    def months(self, active: Days) -> int:
        return sum(any(month.first <= day <= month.last for day in active) for month in self.frame.period.months)

    def needed(self, clause: Clause, need: int, active: Days) -> int:
        if clause.part_year != "prorate" or not active:
            return need
        return prorated(need, self.months(active), len(self.frame.period.months))

    def owes(self, clause: Clause, cell, active: Days) -> bool:
        inside = [day for day in self.days if cell.first <= day <= cell.last]
        return all(day in active for day in inside) if clause.part_year == "whole_units" else any(day in active for day in inside)

    def of_count(self, unit: int, clause: Clause, active: Days, over: bool) -> Verdict:
        test = clause.test
        n = self.tallied(test.tally, self.in_period(unit, test.tally))
        need = self.needed(clause, test.at_least, active)
        earned = max((worth * 10 for entries, worth in test.bands if n >= self.needed(clause, entries, active)), default=0)
        return {
            "n": n,
            "need": need,
            "missing": max(need - n, 0),
            "state": self.running(n, need, over),
            "due": self.frame.period.last,
            "earned": earned if test.bands else None,
            "owed": self.owes(clause, self.frame.period, active) if clause.part_year == "whole_units" else None,
        }

    def of_each(self, unit: int, clause: Clause, active: Days, over: bool) -> Verdict:
        test = clause.test
        owing = [(unit, active)]
        if clause.per:
            beneath = self.beneath(unit, clause.per)
            owing = beneath or owing
        n = need = lost = so_far = 0
        nexts: list[date] = []
        for who, there in owing:
            first_open = None
            for cell in cells(self.frame.period, test.unit):
                if not self.owes(clause, cell, there):
                    continue
                inside = [e for e in self.in_period(who, test.tally) if cell.first <= e.happened_on <= cell.last]
                done = self.tallied(test.tally, inside)
                met = done >= test.at_least
                left = sum(cell.first <= day <= cell.last and day >= self.frame.as_of for day in self.days)
                short = test.tally.once_per == "day" and done + left < test.at_least
                ended = self.frame.as_of > cell.last
                need += 1
                n += met
                lost += (ended or short) and not met
                so_far += ended or met
                if not ended and not met and first_open is None:
                    first_open = cell.last
            if first_open:
                nexts.append(first_open)
        return {
            "n": n,
            "need": need,
            "missing": need - n,
            "state": self.running(n, need, over),
            "due": min(nexts, default=None),
            "lost": lost,
            "so_far": so_far,
            "owed": need > 0,
        }

    def beneath(self, parent: int, kind: str) -> list[tuple[int, Days]]:
        found = []
        for child in self.records.units:
            rows = [
                row
                for row in self.records.placements
                if row.unit_id == child and row.parent_id == parent and row.kind == kind and self.known(row)
            ]
            there = frozenset(day for day in self.days if self.on(rows, day))
            if there:
                found.append((child, there))
        return found

    def of_every(self, unit: int, clause: Clause, active: Days, over: bool) -> Verdict:
        test = clause.test
        acts = sorted(entry.happened_on for entry in self.entries(unit, test.tally.kinds))
        years = test.years if isinstance(test.years, int) else number(self.fact(unit, test.years))
        years = years if years and 1 <= years <= 20 else None
        seed_text = self.fact(unit, test.seed) if test.seed else None
        seed = date.fromisoformat(seed_text) if seed_text else None
        base = acts[-1] if acts else seed
        nothing = {"n": 0, "need": 0, "missing": 0, "due": None, "overdue": False, "soon": False}
        if base is None or years is None:
            n = int(bool(acts))
            return {**nothing, "n": 0, "need": 0 * n, "state": "unknown"}
        due = add_years(base, years)
        overdue = due < self.frame.day
        soon = any(add_months(due, -months) <= self.frame.day for months in test.remind) and not overdue
        before = [act for act in acts if act < self.frame.period.first]
        again = [act for act in acts if act >= self.frame.period.first]
        earlier = before[-1] if before else seed
        late = bool(again) and earlier is not None and add_years(earlier, years) < again[0]
        n = int(bool(acts) and not overdue)
        return {
            "n": n,
            "need": int(overdue or n == 1),
            "missing": int(overdue),
            "due": due,
            "overdue": overdue,
            "soon": soon,
            "state": "unmet" if overdue else "met_late" if late else "met",
        }

    def of_ratio(self, unit: int, clause: Clause, active: Days, over: bool) -> Verdict:
        test = clause.test

        def side(measure) -> int | None:
            if measure.fact:
                return number(self.fact(unit, measure.fact))
            entries = self.in_period(unit, measure.tally)
            return sum(entry.quantity for entry in entries) if measure.quantity else self.tallied(measure.tally, entries)

        of, to = side(test.of), side(test.to)
        if of is None or to is None:
            return {"n": of, "need": to, "missing": None, "state": "unknown", "due": self.frame.period.last}
        needed = -(-to * test.at_least // 1000)
        reached = of * 1000 >= to * test.at_least
        state = (
            "not_applicable" if to == 0 else "met" if reached else "unmet" if over else "not_started" if of == 0 else "pending"
        )
        return {
            "n": of,
            "need": to,
            "missing": max(needed - of, 0),
            "needed": needed,
            "state": state,
            "due": self.frame.period.last,
            "tenths": half_up(Fraction(of * 1000, to)) if to else None,
        }

    def of_value(self, unit: int, clause: Clause, active: Days, over: bool) -> Verdict:
        value = self.fact(unit, clause.test.fact.key)
        state = "unknown" if value is None else "met" if holds(value, clause.test.fact) else "unmet" if over else "pending"
        return {"n": None, "need": None, "missing": None, "state": state, "due": self.frame.period.last}

    def of_judged(self, unit: int, clause: Clause, active: Days, over: bool) -> Verdict:
        test = clause.test
        found = sorted(self.in_period(unit, test.tally), key=lambda entry: (entry.happened_on, entry.id))
        used = found[-1:] if test.pick == "latest" else found
        score = (
            half_up(Fraction(sum(entry.quantity for entry in used) * clause.points * 10, len(used) * test.out_of)) if used else 0
        )
        missing = "pending" if test.if_missing == "pending" else "unmet" if over else "not_started"
        return {
            "n": len(used),
            "need": 1,
            "missing": 0 if used else 1,
            "state": "met" if used else missing,
            "due": self.frame.period.last,
            "earned": min(score, clause.points * 10),
        }

    def of_from(self, unit: int, clause: Clause, active: Days, over: bool) -> Verdict:
        test: From = clause.test
        if test.scheme not in self.others:
            self.others[test.scheme] = Court(self.sources[test.scheme], self.sources, self.frame, self.records, self.kinds)
        other = self.others[test.scheme]
        due = self.frame.period.last
        own = other.unit(unit)[""] if unit in other.subjects else None
        if test.over == "self":
            if own is None:
                n, need = (0, 0) if test.use == "share" else (0, 1)
                return {"n": n, "need": need, "missing": need - n, "state": "not_applicable", "due": due}
            n, need = (
                (own["share_met"], own["share_of"]) if test.use == "share" else (int(own["state"] in ("met", "met_late")), 1)
            )
            state, pace = own["state"], own["pace"]
            return {"n": n, "need": need, "missing": max(need - n, 0), "state": state, "source_pace": pace, "due": due}
        top = self.place(unit)
        wholes = [
            other.unit(one)[""]
            for one in other.subjects
            if self.place(one).startswith(top) and self.frame.day in other.active(one, other.scheme.subject)
        ]
        wholes = [whole for whole in wholes if whole["state"] not in ("not_applicable", "waived")]
        if test.use == "share":
            n, need = sum(whole["share_met"] for whole in wholes), sum(whole["share_of"] for whole in wholes)
        else:
            n, need = sum(whole["state"] in ("met", "met_late") for whole in wholes), len(wholes)
        state = "not_applicable" if need == 0 else self.running(n, need, over)
        return {"n": n, "need": need, "missing": max(need - n, 0), "state": state, "due": due}

    def place(self, unit: int) -> str:
        rows = [row for row in self.records.placements if row.unit_id == unit and self.known(row) and row.since <= self.frame.day]
        return max(rows, key=lambda row: row.since).path

    # -- pace, alert, points

    def pace(self, clause: Clause, asked: Verdict) -> str | None:
        test = clause.test
        if asked["state"] not in ("pending", "not_started"):
            return None
        if isinstance(test, From) and test.over == "self":
            return asked.get("source_pace") or "on_track"
        if isinstance(test, Value | Judged | Every):
            return "on_track"
        if isinstance(test, Each) and asked["lost"]:
            return "impossible"
        if isinstance(test, Count) and test.tally.once_per == "day":
            left = (self.frame.period.last - self.frame.as_of).days + 1
            if asked["missing"] > left:
                return "impossible"
        first = min(asked["active"])
        start = next(month.first for month in self.frame.period.months if first <= month.last)
        whole = (self.frame.period.last - start).days + 1
        gone = (self.frame.day - start).days + 1
        need = asked["needed"] if isinstance(test, Ratio) else asked["need"]
        return "behind" if Fraction(asked["n"], need) + Fraction(1, 4) < Fraction(gone, whole) else "on_track"

    def alert(self, clause: Clause, asked: Verdict) -> str | None:
        state, test = asked["state"], clause.test
        if isinstance(test, Every):
            if state in ("not_applicable", "waived", "unknown"):
                return None
            return "overdue" if asked["overdue"] else "due_soon" if asked["soon"] else None
        if state == "unmet":
            return "overdue"
        if state not in ("pending", "not_started") or self.frame.over:
            return None
        due = asked["due"] if isinstance(test, Each) else self.frame.period.last
        return "due_soon" if due is not None and (due - self.frame.as_of).days <= 30 else None

    def points(self, clause: Clause, asked: Verdict) -> int:
        test, full, state = clause.test, clause.points * 10, asked["state"]
        if state in ("not_applicable", "waived", "unknown"):
            return 0
        if asked.get("earned") is not None:
            return asked["earned"]
        if isinstance(test, Ratio):
            share = asked["tenths"]
            if share is None or share <= test.zero_at:
                return 0
            if share >= test.full_at:
                return full
            return half_up(Fraction((share - test.zero_at) * full, test.full_at - test.zero_at))
        if isinstance(test, Each):
            return half_up(Fraction(asked["n"] * full, asked["so_far"])) if asked["so_far"] else 0
        if isinstance(test, From) and (test.use == "share" or test.over == "subtree"):
            return half_up(Fraction(asked["n"] * full, asked["need"])) if asked["need"] else 0
        return full if state in ("met", "met_late") else 0

    # -- the verdict

    def whole(self, unit: int, found: dict[str, Verdict]) -> Verdict:
        whole = self.combined(self.scheme.verdict, found)
        named = [found[leaf]["alert"] for leaf in self.scheme.verdict.leaves]
        whole["alert"] = "overdue" if "overdue" in named else "due_soon" if "due_soon" in named else None
        share_met = share_of = 0
        for clause in self.scheme.clauses:
            asked = found[clause.id]
            if asked["state"] in ("not_applicable", "waived"):
                continue
            if isinstance(clause.test, Each):
                share_met += asked["n"]
                share_of += asked["so_far"]
            else:
                done = asked["state"] in ("met", "met_late")
                share_met += done
                share_of += done or asked["state"] == "unmet"
        whole["share_met"], whole["share_of"] = share_met, share_of
        whole["score"], whole["stars"] = self.scored(unit, found, whole)
        dues = [
            asked["due"]
            for asked in found.values()
            if asked["due"] is not None and asked["missing"] and asked["state"] in ("not_started", "pending", "unmet")
        ]
        whole["due"] = min(dues, default=None)
        return whole

    def combined(self, group: Combination, found: dict[str, Verdict]) -> Verdict:
        parts = [found[part] if isinstance(part, str) else self.combined(part, found) for part in group.of]
        asked = [part for part in parts if part["state"] not in ("not_applicable", "waived")]
        need = len(asked) if group.at_least is None else min(group.at_least, len(asked))
        met = sum(part["state"] == "met" for part in asked)
        done = met + sum(part["state"] == "met_late" for part in asked)
        unfinished = [part for part in asked if part["state"] in ("pending", "not_started")]
        unknown = sum(part["state"] == "unknown" for part in asked)
        pace = None
        if not asked:
            state = "waived" if any(part["state"] == "waived" for part in parts) else "not_applicable"
        elif met >= need:
            state = "met"
        elif done >= need:
            state = "met_late"
        elif done + len(unfinished) + unknown < need:
            state = "unmet"
        elif done + len(unfinished) < need:
            state = "unknown"
        else:
            state = "not_started" if all(part["state"] == "not_started" for part in asked) else "pending"
            possible = [part for part in unfinished if part["pace"] != "impossible"]
            well = [part for part in unfinished if part["pace"] == "on_track"]
            if done + len(possible) + unknown < need:
                pace = "impossible"
            else:
                pace = "behind" if done + len(well) + unknown < need else "on_track"
        return {"n": done, "need": need, "missing": max(need - done, 0), "state": state, "pace": pace}

    def scored(self, unit: int, found: dict[str, Verdict], whole: Verdict) -> tuple[int | None, int | None]:
        score = self.scheme.score
        if score is None:
            return None, None
        if score.share:
            return (half_up(Fraction(whole["share_met"] * 1000, whole["share_of"])) if whole["share_of"] else None), None
        worth = [clause for clause in self.scheme.clauses if clause.points]
        earned = sum(found[clause.id]["points"] for clause in worth)
        asked = sum(clause.points for clause in worth if found[clause.id]["state"] not in ("not_applicable", "waived"))
        unit_ = 1 if score.decimals else 10
        points: int | None = None
        if not self.scheme.rescale:
            points = half_up(Fraction(earned, unit_)) * unit_
        elif asked:
            points = half_up(Fraction(earned * score.scale, asked * unit_)) * unit_
        fired = [veto for veto in self.scheme.vetoes if self.fired(unit, veto.test, found)]
        if points is not None:
            points = min([points, score.cap * 10, *(veto.effect.score * 10 for veto in fired if veto.effect.score is not None)])
        stars = None
        for level in sorted(self.scheme.levels, key=lambda level: level.stars):
            enough = points is not None and points >= level.at_least
            if enough and all(found[clause]["state"] == state for clause, state in level.needs):
                stars = level.stars
        if stars is not None:
            stars = min([stars, *(veto.effect.stars_max for veto in fired if veto.effect.stars_max is not None)])
        return points, stars

    def fired(self, unit: int, test, found: dict[str, Verdict]) -> bool:
        if isinstance(test, Count):
            return self.tallied(test.tally, self.in_period(unit, test.tally)) >= test.at_least
        asked = found[test.clause]
        return asked["alert"] == test.alert if test.alert else asked["state"] == test.state
