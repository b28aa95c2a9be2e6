"""What follows for a committee when a post begins or ends: its facts, worked out from posts, never typed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from lianxin.ledger import clock
from lianxin.ledger.models import Batch, Entry, seen
from lianxin.organizations.actions.facts import DERIVED_FACTS
from lianxin.organizations.models import Fact, Placement, Post, Title, Unit
from lianxin.organizations.terms import average_age

COMMITTEE_TITLES = (Title.SECRETARY, Title.DEPUTY_SECRETARY, Title.COMMITTEE_MEMBER)
LEAST_FOR_COMMITTEE = 3
SETTLED_AT_ONCE = 200
"""Posts of an import whose committees are worked out in one transaction."""


@dataclass(frozen=True)
class Change:
    """A post at a unit began or ended on a day, by an act; or the unit came beneath another, whose head may be its secretary."""

    unit: Unit
    title: str
    day: date
    entry: Entry


def derive_committees(changes: Iterable[Change], instant: datetime | None = None) -> None:
    """Work out the committees' facts anew from the day of each change on, and write them beside the act that changed them.

    A change of the head touches the branches of the village or community, too (一肩挑).
    """
    first: dict[int, Change] = {}
    units: dict[int, Unit] = {}
    ordered = sorted(changes, key=lambda change: change.day, reverse=True)
    for change in ordered:
        if change.title in COMMITTEE_TITLES:
            first[change.unit.pk], units[change.unit.pk] = change, change.unit
    heads = {change.unit.pk: change for change in ordered if change.title == Title.HEAD}
    if heads:
        led = Post.objects.filter(title__in=COMMITTEE_TITLES).values("unit")
        places = Placement.objects.known().filter(parent__in=list(heads), unit__in=led).select_related("unit")
        for unit, head in [(row.unit, heads[row.parent_id]) for row in places if row.parent_id] + [
            (head.unit, head) for head in heads.values()
        ]:
            earlier = first.get(unit.pk)
            if earlier is None or head.day < earlier.day:
                first[unit.pk], units[unit.pk] = head, unit
    if not first:
        return
    stood = _placements(list(first))
    committees: dict[int, list[Post]] = {}
    heading: dict[int | None, list[Post]] = {}
    wanted = list({*first, *(row.parent_id for rows in stood.values() for row in rows if row.parent_id)})
    for start in range(0, len(wanted), 5000):
        posts = Post.objects.filter(seen(), unit__in=wanted[start : start + 5000], title__in=(*COMMITTEE_TITLES, Title.HEAD))
        for post in posts.select_related("person"):
            (heading if post.title == Title.HEAD else committees).setdefault(post.unit_id, []).append(post)
    facts = []
    for pk, change in first.items():
        if pk in committees:
            days = Days(committees[pk], stood.get(pk, ()), heading)
            facts += _committee_facts(units[pk], change, days, instant or change.entry.recorded_at)
    _replace_facts(facts)


def _placements(units: list[int]) -> dict[int, list[Placement]]:
    found: dict[int, list[Placement]] = {}
    for start in range(0, len(units), 5000):
        for row in Placement.objects.known().filter(unit__in=units[start : start + 5000]):
            found.setdefault(row.unit_id, []).append(row)
    return found


@dataclass(frozen=True)
class Days:
    """What makes one committee's facts, day by day."""

    posts: Sequence[Post]
    """Its own posts, of whatever day."""
    stood: Sequence[Placement]
    """Where its unit stood."""
    heading: Mapping[int | None, Sequence[Post]]
    """Heads of villages and communities, by unit."""

    def after(self, day: date) -> list[date]:
        """The days after that one on which something may change."""
        heads = [post for place in {row.parent_id for row in self.stood} | self._itself() for post in self.heading.get(place, ())]
        spans = [(post.since, post.until) for post in (*self.posts, *heads)] + [(row.since, row.until) for row in self.stood]
        return sorted({each for span in spans for each in span if each is not None and each > day})

    def on(self, day: date) -> dict[str, str]:
        """The derived facts as posts and places make them on that day."""
        serving = [post for post in self.posts if post.holds_on(day)]
        people = {post.person_id: post.person for post in serving}
        secretaries = {post.person_id for post in serving if post.title == Title.SECRETARY}
        parents = {row.parent_id for row in self.stood if row.since <= day and (row.until is None or day < row.until)}
        heads = [post for place in parents | self._itself() for post in self.heading.get(place, ()) if post.holds_on(day)]
        values = {
            "committee": str(len(people) >= LEAST_FOR_COMMITTEE).lower(),
            "committee_size": str(len(people)),
            "one_shoulder": str(any(post.person_id in secretaries for post in heads)).lower(),
        }
        age = average_age(list(people.values()), day)
        if age is not None:
            values["committee_average_age"] = str(age)
        return values

    def _itself(self) -> set[int | None]:
        return {post.unit_id for post in self.posts}


def _committee_facts(unit: Unit, change: Change, days: Days, instant: datetime) -> list[Fact]:
    """The facts of one committee from the day of the change on, a span for each day on which they may change."""
    facts: list[Fact] = []
    last: dict[str, Fact] = {}
    for day in [change.day, *days.after(change.day)]:
        values = days.on(day)
        for key in DERIVED_FACTS:
            value, before = values.get(key), last.get(key)
            if before is not None and before.value == value:
                continue
            if before is not None:
                before.until = day
                del last[key]
            if value is not None:
                fact = Fact(unit=unit, key=key, value=value, since=day, recorded_at=instant, entry=change.entry)
                last[key] = fact
                facts.append(fact)
    return facts


def _replace_facts(facts: Sequence[Fact]) -> None:
    """Write derived facts in place of what was known of the same units from the first of these days on."""
    began: dict[int, Fact] = {}
    for fact in facts:
        if fact.unit_id not in began or fact.since < began[fact.unit_id].since:
            began[fact.unit_id] = fact
    old: list[Fact] = []
    ids = list(began)
    for start in range(0, len(ids), 5000):
        old += Fact.objects.known().filter(unit__in=ids[start : start + 5000], key__in=DERIVED_FACTS)
    touched = [row for row in old if row.until is None or row.until > began[row.unit_id].since]
    closing: dict[datetime, list[int]] = {}
    kept = []
    for row in touched:
        new = began[row.unit_id]
        closing.setdefault(new.recorded_at, []).append(row.pk)
        if row.since < new.since:
            kept.append(
                Fact(
                    unit_id=row.unit_id,
                    key=row.key,
                    value=row.value,
                    since=row.since,
                    until=new.since,
                    recorded_at=new.recorded_at,
                    entry=new.entry,
                )
            )
    for instant, closed in closing.items():
        for start in range(0, len(closed), 5000):
            Fact.objects.filter(pk__in=closed[start : start + 5000]).update(valid_to=instant)
    Fact.objects.bulk_create([*kept, *facts], batch_size=500)


def settle_batch(batch: Batch) -> None:
    """Work out the committees' facts from the posts of an import, once it has been made visible; a few units a transaction."""
    wanted = (*COMMITTEE_TITLES, Title.HEAD)
    posts = list(Post.objects.filter(batch=batch, title__in=wanted).select_related("unit").order_by("unit__path", "pk"))
    for start in range(0, len(posts), SETTLED_AT_ONCE):
        part = posts[start : start + SETTLED_AT_ONCE]
        subjects = {f"organizations.post:{post.pk}" for post in part} | {
            f"organizations.person:{post.person_id}" for post in part
        }
        with transaction.atomic():
            entries = {entry.subject: entry for entry in Entry.objects.filter(batch=batch, subject__in=subjects)}
            acts = [(post, entries.get(f"organizations.post:{post.pk}")) for post in part]
            known = [(post, entry or entries.get(f"organizations.person:{post.person_id}")) for post, entry in acts]
            changes = [Change(post.unit, post.title, post.since, entry) for post, entry in known if entry is not None]
            derive_committees(changes, instant=clock.now())
