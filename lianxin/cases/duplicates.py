"""Reports that say nearly the same: of a new one, the open cases near it (“me too”); of a workbook, groups of rows.

Words are sealed, so what is compared – which pairs of characters a case's words hold – is kept in the memory of the process and
nowhere else. Somebody looks and decides: nothing is joined by itself.
"""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lianxin.cases.models import OPEN_STATES, Case, State
from lianxin.cases.queries.reach import in_sight, readable_for
from lianxin.cases.texts import erasures, grams, plain, words_of
from lianxin.ledger import clock
from lianxin.organizations.access import AnyUser
from lianxin.organizations.models import Unit, UnitKind

UNSOLVED = (*OPEN_STATES, State.HANDLED)
"""Until the resident says it is solved, another may join."""
LOOKED_BACK = timedelta(days=90)
FEW = 50
"""Of so few texts, how rare something is cannot be told yet: everything weighs about the same."""
ALIKE = 0.25
"""Of a new report: what is less alike is not shown."""
SAME = 0.6
"""Of a workbook: what is less alike does not belong together."""
NEAR, NEARER = 0.8, 0.95
"""How much likeness is worth in another place of the township; where one place lies within the other."""
OLDEST = 0.8
"""… and of a report as old as is looked back."""
PAIRS = (2,)
"""Of a workbook, pairs of characters only; of few words, single ones count, too."""
MOST_KEPT = 32
"""Townships of which a process keeps what it compares."""


@dataclass(frozen=True)
class Similar:
    """An open case that sounds alike. score: 0 to 1; words: of the new report, what both say."""

    case: Case
    score: float
    words: tuple[str, ...]


def similar_open(place: Unit, text: str, most: int = 5) -> list[Similar]:
    """Open cases of the last 90 days in the same township that say nearly the same, likest first.

    What complains about a unit is never among them: nobody may find out by typing whether there is such a complaint.
    """
    said = plain(text)
    if not said:
        return []
    around = place.within(UnitKind.TOWNSHIP) or place
    since = clock.today() - LOOKED_BACK
    # No join, and complaints are sorted out here: a database without statistics would go through all places for each case.
    places = list(Unit.objects.beneath(around.path).order_by().values_list("pk", flat=True))
    near = Case.objects.filter(in_sight(), place__in=places, state__in=UNSOLVED, reported_on__gt=since, erased_at=None).order_by()
    open_now = [pk for pk, about in near.values_list("pk", "about_id") if about is None]
    scored = _index_of(around.pk).alike(open_now, said, min(most * 4, 40))
    alike_enough = [(pk, alike) for pk, alike in scored if alike >= ALIKE]
    if not alike_enough:
        return []
    cases = Case.objects.select_related("place", "item").in_bulk([pk for pk, _alike in alike_enough])
    found = []
    for pk, alike in alike_enough:
        case = cases[pk]
        age = (clock.today() - case.reported_on) / LOOKED_BACK
        score = alike * _nearness(place, case.place) * (1 - (1 - OLDEST) * min(max(age, 0), 1))
        found.append((round(min(score, 1.0), 3), case))
    found.sort(key=lambda pair: (-pair[0], -pair[1].pk))
    chosen = found[:most]
    words = words_of(case.pk for _score, case in chosen)
    return [Similar(case, score, shared_phrases(text, words.get(case.pk, ""))) for score, case in chosen]


def similar_for(user: AnyUser, place: Unit, text: str, most: int = 3) -> list[Similar]:
    """Of those, what the user may open."""
    found = similar_open(place, text)
    theirs = set(readable_for(user).filter(pk__in=[each.case.pk for each in found]).values_list("pk", flat=True))
    return [each for each in found if each.case.pk in theirs][:most]


def shared_phrases(one: str, other: str, most: int = 3) -> tuple[str, ...]:
    """The longest stretches of the first text that the second holds, too."""
    there, found = plain(other), set()
    for line in plain(one).split("\n"):
        start = 0
        while start < len(line) - 1:
            end = start + 1
            while end < len(line) and line[start : end + 1] in there:
                end += 1
            if end - start > 1:
                found.add(line[start:end])
            start = max(end - 1, start + 1)
    longest = sorted(found, key=lambda phrase: (-len(phrase), phrase))
    return tuple(phrase for at, phrase in enumerate(longest) if not any(phrase in before for before in longest[:at]))[:most]


def _rareness(texts: Any, of: int) -> Any:
    """What a gram weighs that stands in so many of the texts."""
    import numpy as np

    return np.log((of + 1.0) / (texts + 1.0)) + 0.1 + FEW / max(of, 1)


def _nearness(place: Unit, other: Unit) -> float:
    if place.pk == other.pk:
        return 1.0
    return NEARER if place.path.startswith(other.path) or other.path.startswith(place.path) else NEAR


# --- what is kept of a township --------------------------------------------------------------------------------------


class _Index:
    """The words of open cases around a place, as numbers: each case's grams, and how rare each gram is."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.forget()

    def forget(self) -> None:
        import numpy as np

        self.numbers: dict[str, int] = {}
        """Gram → its number."""
        self.known: set[int] = set()
        """Cases looked at, those without words among them."""
        self.order = np.zeros(0, dtype=np.int64)
        """Cases with words, in the order in which their rows stand."""
        self.sizes = np.zeros(0, dtype=np.int64)
        """How many grams each has."""
        self.flat = np.zeros(0, dtype=np.int32)
        """The numbers of their grams, each once, one case behind the other."""

    def alike(self, cases: Sequence[int], said: str, most: int) -> list[tuple[int, float]]:
        """Which of these cases say nearly what was said, likest first, with the cosine of both."""
        import numpy as np

        with self.turn:
            self._keep(set(cases))
            order, sizes, flat, many = self.order, self.sizes, self.flat, len(self.numbers)
            asked = set(grams(said))
            numbers = [self.numbers[gram] for gram in asked if gram in self.numbers]
        if not numbers or not len(order):
            return []
        starts = np.cumsum(sizes) - sizes
        squares = (_rareness(np.bincount(flat, minlength=many), len(order)) ** 2).astype(np.float32)
        wanted = np.zeros(many, dtype=np.float32)
        wanted[numbers] = squares[numbers]
        length = float(wanted.sum() + (len(asked) - len(numbers)) * _rareness(0, len(order)) ** 2)
        cosines = np.add.reduceat(wanted[flat], starts) / np.sqrt(np.add.reduceat(squares[flat], starts) * length)
        best = np.lexsort((-order, -cosines))[:most]
        return [(int(order[at]), float(cosines[at])) for at in best if cosines[at] > 0]

    def _keep(self, wanted: set[int]) -> None:
        """Let the rows be exactly these cases: new ones are opened, those that are open no longer are forgotten."""
        import numpy as np

        gone = self.known - wanted
        if len(gone) > len(wanted):
            self.forget()  # the numbers of grams nobody uses any more go with them
        elif gone:
            stays = np.isin(self.order, list(gone), invert=True)
            self.flat = self.flat[np.repeat(stays, self.sizes)]
            self.order, self.sizes, self.known = self.order[stays], self.sizes[stays], self.known - gone
        new = wanted - self.known
        if not new:
            return
        rows = []
        for pk, words in sorted(words_of(sorted(new)).items()):
            kept = sorted({self.numbers.setdefault(gram, len(self.numbers)) for gram in grams(plain(words))})
            rows += [(pk, kept)] if kept else []
        self.known |= new
        self.order = np.concatenate((self.order, np.array([pk for pk, _kept in rows], dtype=np.int64)))
        self.sizes = np.concatenate((self.sizes, np.array([len(kept) for _pk, kept in rows], dtype=np.int64)))
        self.flat = np.concatenate((self.flat, np.array([number for _pk, kept in rows for number in kept], dtype=np.int32)))


_indexes: OrderedDict[int, _Index] = OrderedDict()
_erased = 0
"""After which erasure they were begun."""
_turn = threading.Lock()


def _index_of(place: int) -> _Index:
    global _erased
    erased = erasures()
    with _turn:
        if _erased != erased:
            _indexes.clear()
            _erased = erased
        index = _indexes.setdefault(place, _Index())
        _indexes.move_to_end(place)
        while len(_indexes) > MOST_KEPT:
            _indexes.popitem(last=False)
        return index


# --- rows of a workbook ----------------------------------------------------------------------------------------------


def group_duplicates(texts: Sequence[str], threshold: float = SAME) -> list[list[int]]:
    """Groups of texts that say nearly the same (positions from 0), largest group first. What is alike to one of a group belongs
    to it; which text stands first makes no difference."""
    pairs = like_pairs(texts, threshold)
    first = list(range(len(texts)))

    def root(at: int) -> int:
        while first[at] != at:
            first[at] = first[first[at]]
            at = first[at]
        return at

    for one, other in pairs:
        a, b = sorted((root(one), root(other)))
        first[b] = a
    groups = defaultdict(list)
    for at in range(len(texts)):
        groups[root(at)].append(at)
    return sorted((group for group in groups.values() if len(group) > 1), key=lambda group: (-len(group), group))


def like_pairs(texts: Sequence[str], threshold: float = SAME) -> dict[tuple[int, int], float]:
    """Every pair of texts whose grams have at least that cosine, each pair once, the lower position first."""
    import numpy as np

    whole = _vectors(texts)
    telling = _telling(whole, threshold)
    turned = telling.T.tocsr()
    found = {}
    for start in range(0, len(texts), 500):
        near = (telling[start : start + 500] @ turned).tocoo()
        upper = near.col > near.row + start
        ones, others = near.row[upper] + start, near.col[upper]
        for at in range(0, len(ones), 20_000):
            a, b = ones[at : at + 20_000], others[at : at + 20_000]
            cosines = np.asarray(whole[a].multiply(whole[b]).sum(axis=1)).ravel()
            for one, other, cosine in zip(a.tolist(), b.tolist(), cosines.tolist(), strict=True):
                if cosine >= threshold - 1e-9:
                    found[one, other] = cosine
    return found


def _vectors(texts: Sequence[str]) -> Any:
    """A row of length 1 for each text, its grams weighted by how rare they are; the rarest gram of all is the first column."""
    import numpy as np
    from scipy.sparse import csr_matrix

    numbers: dict[str, int] = {}
    kept = [{numbers.setdefault(gram, len(numbers)) for gram in grams(plain(text), PAIRS)} for text in texts]
    flat = np.array([number for row in kept for number in row], dtype=np.int64)
    counts = np.bincount(flat, minlength=len(numbers))
    rank = np.empty(len(numbers), dtype=np.int64)
    rank[np.argsort(counts, kind="stable")] = np.arange(len(numbers))
    weights = _rareness(counts, len(texts))[flat]
    rows = np.repeat(np.arange(len(kept)), [len(row) for row in kept])
    lengths = np.sqrt(np.bincount(rows, weights**2, minlength=len(kept)))
    vectors = csr_matrix((weights / lengths[rows], (rows, rank[flat])), shape=(len(kept), max(len(numbers), 1)))
    vectors.sort_indices()
    return vectors


def _telling(vectors: Any, threshold: float) -> Any:
    """The rarest grams of each row, as many as two rows must share one of to be alike: what follows them is, in each row, too
    short to reach the threshold alone."""
    import numpy as np

    squares = vectors.data**2
    before = np.cumsum(squares) - squares
    at_start = np.concatenate((before, [0.0]))[vectors.indptr[:-1]]
    rest = 1 - (before - np.repeat(at_start, np.diff(vectors.indptr)))
    telling = vectors.copy()
    telling.data = vectors.data * (rest >= threshold**2 - 1e-9)
    telling.eliminate_zeros()
    return telling
