"""Finding cases by their words, which are sealed: a blind index, exact from one character upward.

Words are characters, letters and numbers; punctuation and emoji are gaps between them, and looked for by nobody.

Every character and every two that stand side by side are kept as 32 bits of a keyed digest, as a set: neither their order nor how
often they occur, since with those a reader of the database could break them like a substitution cipher. Who holds the database
but not the key still learns which cases share a word; that is the price of being found. The index says which cases may hold what
is looked for; their words, opened, decide (`says`).

SQLite: an FTS5 table without content; PostgreSQL: arrays under GIN. No backup carries it: `rebuild` makes it anew.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q

from lianxin.accounts.sealing import SealBroken, unseal
from lianxin.cases.models import Case, CaseQuerySet, CaseStep

LONGEST = 60
"""Of what is looked for, in characters."""
AT_ONCE = 500
STRIDES = (2_000, 6_000, 15_000)
"""How many matches are looked through at each step of the way back in time, before the reader is asked to look on."""


# --- words -----------------------------------------------------------------------------------------------------------


def folded(text: str) -> str:
    """As texts are compared: one form of each sign, no case; whatever is neither letter nor number is a gap."""
    whole = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(sign if kept(sign) else " " if gap(sign) else "" for sign in whole).split())


def kept(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LNM"


def gap(sign: str) -> bool:
    return unicodedata.category(sign) not in ("Cf", "Cc") or sign in "\t\n\r"


def terms_of(asked: str) -> list[str]:
    """What is looked for: each of these, wherever it stands. Empty: there is nothing in it to look for."""
    return list(dict.fromkeys(folded(asked[:LONGEST]).split()))


def grams(text: str) -> set[str]:
    """Every character and every two side by side."""
    found: set[str] = set()
    for word in folded(text).split():
        found.update(word, map("".join, pairwise(word)))
    return found


def needed(terms: Sequence[str]) -> set[str]:
    """The fewest of them that a text holding these terms must have."""
    return {gram for term in terms for gram in (map("".join, pairwise(term)) if len(term) > 1 else term)}


@lru_cache(maxsize=200_000)
def _token(gram: str, key: str) -> int:
    return int.from_bytes(
        hashlib.blake2b(gram.encode("utf-8", "replace"), key=bytes.fromhex(key), digest_size=4).digest(), "big", signed=True
    )


def tokens(found: Iterable[str]) -> list[int]:
    """Their digests, in an order that says nothing."""
    return sorted({_token(gram, settings.KEYS["search"]) for gram in found})


def says(texts: Iterable[str], terms: Sequence[str]) -> bool:
    """Whether these texts of a case together hold every term."""
    whole = "\n".join(map(folded, texts))
    return all(term in whole for term in terms)


# --- keeping the index ------------------------------------------------------------------------------------------------


def index_cases(cases: Sequence[Case], steps: Iterable[CaseStep] | None = None) -> None:
    """Keep what these cases say now, in place of what was kept before; of what was erased nothing is kept.

    Part of whatever transaction changed their words. steps: of cases that are new, all that they have.
    """
    for start in range(0, len(cases), AT_ONCE):
        texts = texts_of(cases[start : start + AT_ONCE], steps=steps)
        write({pk: tokens(set().union(*map(grams, said))) for pk, said in texts.items()}, new=steps is not None)


def forget(cases: Iterable[int]) -> None:
    """Cases whose words are erased are found no longer."""
    write(dict.fromkeys(cases, ()))


def write(rows: dict[int, Sequence[int]], *, new: bool = False) -> None:
    """Keep these tokens of these cases; a case without any is not kept. new: nothing is kept of them yet."""
    said: list[Any] = [(pk, _written(found)) for pk, found in rows.items() if found]
    with connection.cursor() as cursor:
        if not new:
            cursor.executemany(f"DELETE FROM cases_search WHERE {_key()} = %s", [(pk,) for pk in rows])  # nosec B608  # our own names
        if said:
            cursor.executemany(f"INSERT INTO cases_search ({_key()}, words) VALUES (%s, %s)", said)  # nosec B608  # our own names


def rebuild() -> int:
    """Make the whole index anew: after a restore, or where the key changed. How many cases it holds."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cases_search")
    count, last = 0, 0
    while cases := list(Case.objects.only("pk", "spot").filter(pk__gt=last).order_by("pk")[: 10 * AT_ONCE]):
        index_cases(cases)
        count, last = count + len(cases), cases[-1].pk
    return count


def texts_of(
    cases: Sequence[Case], *, whole: CaseQuerySet | None = None, steps: Iterable[CaseStep] | None = None
) -> dict[int, list[str]]:
    """All the words of these cases, opened: what was reported, noted, planned, answered, and where exactly.

    whole: cases of which all is read; of the others only what residents read, too.
    steps: those with words, where they are at hand.
    """
    texts: dict[int, list[str]] = {case.pk: [_spot(case)] if case.spot else [] for case in cases}
    if steps is None:
        sealed = CaseStep.objects.filter(case__in=texts).exclude(sealed=None)
        if whole is not None:
            sealed = sealed.filter(Q(shown=True) | Q(case__in=list(whole.filter(pk__in=texts).values_list("pk", flat=True))))
        steps = sealed.only("case_id", "sealed", "salt").order_by("pk")
    for step in steps:
        try:
            texts[step.case_id].append(step.text)
        except SealBroken:  # another key's: nothing of it can be found
            continue
    return texts


def _spot(case: Case) -> str:
    try:
        return unseal(bytes(case.spot or b""), key="case", bound_to=case.subject)
    except SealBroken:
        return ""


def _key() -> str:
    return "case_id" if connection.vendor == "postgresql" else "rowid"


def _written(found: Sequence[int]) -> object:
    return list(found) if connection.vendor == "postgresql" else " ".join(_hex(token) for token in found)


def _hex(token: int) -> str:
    return f"{token & 0xFFFFFFFF:08x}"


# --- looking ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """Cases that say what was looked for, newest first.

    after: where to look on; 0: that was all.
    full: there are more than were wanted; otherwise, with `after`, older ones were not looked through yet.
    """

    pks: list[int]
    after: int = 0
    full: bool = False


def find(
    cases: CaseQuerySet,
    terms: Sequence[str],
    *,
    below: int = 0,
    want: int,
    among: Sequence[int] | None = None,
    whole: CaseQuerySet | None = None,
) -> Found:
    """Of these cases the newest (older than `below`) that say every term.

    whole: as in `texts_of`.
    among: all the cases there are to look at, where they are few.
    The way back in time ends after so many matches, however few of them are among `cases`: no search takes for ever.
    """
    wanted = tokens(needed(terms))
    pks: list[int] = []
    if not wanted or (among is not None and not among):
        return Found(pks)
    for at_most in STRIDES:
        matches = _matches(wanted, below, at_most, among)
        held = list(cases.filter(pk__in=matches).only("pk", "spot").order_by("-pk"))
        while held:
            some, held = held[: want + 10], held[want + 10 :]
            texts = texts_of(some, whole=whole)
            pks += [case.pk for case in some if says(texts[case.pk], terms)]
            if len(pks) > want:
                return Found(pks[:want], after=pks[want - 1], full=True)
        if len(matches) < at_most:
            return Found(pks)
        below = matches[-1]
    return Found(pks, after=below)


def _matches(wanted: Sequence[int], below: int, at_most: int, among: Sequence[int] | None) -> list[int]:
    """The newest cases whose words may hold what is wanted."""
    key = _key()
    where: list[str]
    values: list[Any]
    if connection.vendor == "postgresql":
        where, values = ["words @> %s::int[]"], [list(wanted)]
    else:
        where, values = ["cases_search MATCH %s"], [" AND ".join(_hex(token) for token in wanted)]
    if below:
        where, values = [*where, f"{key} < %s"], [*values, below]
    if among is not None:
        # SQLite (hence the +): sooner to go through all that match several, than to look several up for each of them.
        each = key if len(wanted) == 1 else f"+{key}"
        where = [*where, f"{each} IN ({', '.join(str(int(pk)) for pk in among)})"]
    sql = f"SELECT {key} FROM cases_search WHERE {' AND '.join(where)} ORDER BY {key} DESC LIMIT %s"  # nosec B608  # numbers only
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, at_most])
        return [pk for (pk,) in cursor.fetchall()]
