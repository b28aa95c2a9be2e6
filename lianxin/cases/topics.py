"""Hot topics: what several different people report, where, since when, and whether it grows.

Texts that say the same are gathered around the one most of the others resemble; such stars are drawn together, then take in
what resembles them. Nothing is drawn by lot: the same texts give the same topics. Only matters are gathered, never people: who
reported is counted and not kept. Who leaves no sign (a phone, a name in a column) cannot be told from another: each such report
counts as one more person, and beside it stands how many there are at least.
"""

import math
import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from lianxin.cases.models import Reporter
from lianxin.cases.queries.reach import cases_for
from lianxin.cases.texts import grams, plain, words_of
from lianxin.organizations.access import AnyUser

SEVERAL = 3
"""So many different people make a topic; fewer are a case."""
MANY = 200
COMMON = 0.05
"""What stands in more of the texts than this tells none apart."""
NO_SIGN = "\0"
"""What begins so is nobody's sign: it says that one more report came from somebody who may have sent others, too."""
LEAD, WHOLE = 60, 600
"""Characters of a title, or of how a text begins; of a text at most."""
PASSES = 8
"""How often what resembles each other is drawn together, at most."""
LONG, SHORT = 60, 12
"""Characters of a title at most; a title shorter than this tells little."""
MONTH = timedelta(days=30)
TWO_YEARS = 730.0
MOST_CASES = 20_000
"""The newest so many cases are gathered."""
PLACE_ENDS = (
    *("小区", "社区", "花园", "公寓", "苑", "城", "府", "村", "嘎查", "苏木", "镇", "乡", "街道", "路", "街", "大道", "大厦"),
    *("广场", "市场", "医院", "小学", "中学", "学校", "学院", "大学", "幼儿园", "公园", "水库", "车站", "大桥", "湖"),
    *("区", "旗", "县", "市"),
)
"""How names of places end."""

_END = re.compile(r"[。！？!?；;，,\n\r\t]")
_PHONE = re.compile(r"\d{7,}")
_BEFORE = re.compile(
    "位于|投诉|反映|咨询|关于|举报|请求|请问|希望|建议|附近|居住|我们|的|在|到|与|和|对|向|把|从|是|了|及|有|给|让|请"
)
"""What may stand before the name of a place and is no part of it."""


@dataclass(frozen=True)
class Measure:
    """How alike (cosine) two texts must be to begin a topic; a text and a topic's middle, to join it; two middles, to be one.

    sizes: runs of so many characters are compared.
    """

    sizes: tuple[int, int]
    begin: float
    join: float
    merge: float


OF_LETTERS = Measure((2, 3), 0.24, 0.3, 0.39)
OF_LINES = Measure((1, 2), 0.38, 0.45, 0.6)
"""Few words share less by chance, and say the same in fewer ways: other measures, tried on 4,326 letters and on their titles."""
LINE = 60
"""Characters up to which most texts are lines rather than letters."""


@dataclass(frozen=True)
class Said:
    """One text. parts: title, body …, or the one text; people: who said it, by any sign (or NO_SIGN and a number of its own);
    weight: how many liked it."""

    id: int
    parts: tuple[str, ...]
    day: date
    people: frozenset[str]
    place: str = ""
    weight: float = 0.0


@dataclass(frozen=True)
class Topic:
    """Several people, one matter.

    size: texts. people: different ones, at most; at_least: those whose own signs tell them apart. growth: texts of its last 30
    days, less those of the 30 days before. rows: ids.
    heat: what it is ranked by.
    """

    rank: int
    size: int
    people: int
    since: date
    until: date
    place: str
    title: str
    growth: int
    rows: list[int] = field(default_factory=list)
    heat: float = 0.0
    at_least: int = 1


def hot_topics(user: AnyUser, since: date, until: date, top: int = 5) -> list[Topic]:
    """The hottest topics among the cases within the user's reach that were reported since ≤ day < until; `rows` are case ids."""
    reach = cases_for(user).filter(reported_on__gte=since, reported_on__lt=until, erased_at=None)
    cases = {case.pk: case for case in reach.select_related("place").distinct().order_by("-pk")[:MOST_CASES]}
    people: dict[int, set[str]] = {}
    reporters = Reporter.objects.filter(case__in=reach.order_by(), left_at=None) if cases else Reporter.objects.none()
    for case, pk, phone in reporters.values_list("case_id", "pk", "phone_index"):
        people.setdefault(case, set()).add(phone or f"{NO_SIGN}{pk}")
    words = words_of(cases)
    said = [
        Said(pk, (words[pk],), cases[pk].reported_on, frozenset(people.get(pk, ())), cases[pk].place.name) for pk in sorted(words)
    ]
    return find_topics(said, top)


def find_topics(said: Sequence[Said], top: int = 5) -> list[Topic]:
    """The hottest topics of these texts."""
    told = [(one, plain("\n".join(one.parts))) for one in sorted(said, key=lambda one: one.id)]
    said, texts = [one for one, text in told if text], [text for _one, text in told if text]
    if not said:
        return []
    half = statistics.median(map(len, texts))
    measure = OF_LINES if half <= LINE else OF_LETTERS
    vectors = _vectors(said, measure)
    last = max(one.day for one in said)
    found = []
    for members in _gathered(vectors, [max(len(one.people), 1) for one in said], measure):
        rows = [said[at] for at in members]
        people = frozenset[str]().union(*(one.people for one in rows))
        if len(people) >= SEVERAL:
            found.append((_heat(rows, len(people), last), members))
    found.sort(key=lambda topic: (-topic[0], topic[1]))
    hottest = found[:top]
    everywhere = _everywhere([members for _heat, members in hottest], said, texts)
    return [_topic(rank, heat, each, said, texts, vectors, everywhere) for rank, (heat, each) in enumerate(hottest, 1)]


def _heat(rows: Sequence[Said], people: int, last: date) -> float:
    """How many people (and the root of how many likes) a cube root of months; half as hot for every two years since it was last
    heard of."""
    days = [one.day for one in rows]
    months = max((max(days) - min(days)) / MONTH, 1.0)
    liked = math.sqrt(max(sum(one.weight for one in rows), 0.0))
    return (people + liked) / math.cbrt(months) * math.pow(0.5, (last - max(days)).days / TWO_YEARS)


# --- gathering -------------------------------------------------------------------------------------------------------


def _vectors(said: Sequence[Said], measure: Measure) -> Any:
    """A row of length 1 for each text: its runs of characters, rare ones weigh more; how it begins (its title) counts twice."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.preprocessing import normalize

    leads = [plain(one.parts[0][:LEAD]) for one in said]
    wholes = [plain("\n".join(one.parts)[:WHOLE]) for one in said]
    blocks = []
    for column in (leads, wholes):
        # Of many texts, what stands in a twentieth of them tells none apart, and what stands in one resembles nothing.
        # Of few, how rare something is cannot be told yet.
        many = len(said) >= MANY
        block = _weights(column, measure.sizes, telling=many, rare=many)
        if block is None:  # nothing is left within these bounds: all say the same
            block = _weights([f"{text} " for text in column], measure.sizes, telling=False, rare=True)
        blocks.append(block)
    return normalize(csr_matrix(hstack(blocks)))


def _weights(texts: Sequence[str], sizes: tuple[int, int], *, telling: bool, rare: bool) -> Any:
    """A row of length 1 for each text: for each run of so many characters the logarithm of how often it stands there, and how
    rare it is (TF-IDF, as scikit-learn reckons it; all texts at once as numbers take a third of its time).

    telling: without what stands in one text alone, or in too many. rare: how rare a run is counts. None: nothing is left.
    """
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.preprocessing import normalize

    written = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    known, places = np.unique(written, return_inverse=True)
    base, signs = len(known) + 1, places.astype(np.int64) + 1  # never 0, so that a shorter run is never a longer one
    rows = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    runs, owners = [], []
    for size in range(sizes[0], sizes[1] + 1):
        many = max(len(signs) - size + 1, 0)
        whole = rows[:many] == rows[size - 1 : size - 1 + many]
        runs.append(sum(signs[at : at + many] * base**at for at in range(size))[whole])
        owners.append(rows[:many][whole])
    different, numbers = np.unique(np.concatenate(runs), return_inverse=True)
    ones = np.ones(len(numbers), dtype=np.float32)
    counted = csr_matrix((ones, (np.concatenate(owners), numbers)), shape=(len(texts), len(different)))
    held = np.bincount(counted.indices, minlength=len(different))
    if telling:
        stays = (held > 1) & (held <= COMMON * len(texts))
        counted, held = counted[:, stays], held[stays]
    if not counted.nnz:
        return None
    counted.data = np.log(counted.data) + 1
    if rare:
        counted.data *= (np.log((1 + len(texts)) / (1 + held)) + 1).astype(np.float32)[counted.indices]
    return normalize(counted)


def _gathered(vectors: Any, people: Sequence[int], measure: Measure) -> list[list[int]]:
    """Positions of texts, gathered by what they say; each text once."""
    import numpy as np

    stars = _stars(vectors, np.array(people, dtype=np.float64), measure.begin)
    return _filled(vectors, _drawn_together(vectors, stars, measure.merge) if stars else [], measure.join)


def _stars(vectors: Any, people: Any, least: float) -> list[list[int]]:
    """Each star: the text that those of most people resemble, of what is left, and those texts."""
    import numpy as np
    from scipy.sparse import vstack

    turned, blocks = vectors.T.tocsr(), []
    for start in range(0, vectors.shape[0], 500):
        near = vectors[start : start + 500] @ turned
        near.data[near.data < least] = 0
        near.eliminate_zeros()
        blocks.append(near)
    near = vstack(blocks).tocsr().astype(np.float64)
    near.setdiag(1.0)
    left = np.ones(len(people), dtype=bool)
    weights = near @ people
    stars: list[list[int]] = []
    while True:
        liked = np.where(weights > people + 1e-9, weights, 0.0)
        middle = int(liked.argmax())
        if liked[middle] == 0:  # whatever is left resembles nothing that is left
            return stars
        arms = [at for at in sorted(near[middle].indices.tolist()) if left[at]]
        left[arms] = False
        stars.append(arms)
        weights = np.where(left, weights - people[arms] @ near[arms], 0.0)


def _middles(vectors: Any, groups: Sequence[Sequence[int]]) -> Any:
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.preprocessing import normalize

    flat = [at for group in groups for at in group]
    owners = [number for number, group in enumerate(groups) for _ in group]
    return normalize(csr_matrix((np.ones(len(flat)), (owners, flat)), shape=(len(groups), vectors.shape[0])) @ vectors)


def _drawn_together(vectors: Any, stars: list[list[int]], least: float) -> list[list[int]]:
    """Stars whose middles resemble each other are one; the larger takes the smaller in."""
    groups = sorted((list(star) for star in stars), key=lambda group: (-len(group), group))
    for _pass in range(PASSES):
        middles = _middles(vectors, groups)
        near = (middles @ middles.T).tocsr()
        taken: set[int] = set()
        joined = []
        for at, group in enumerate(groups):
            if at in taken:
                continue
            row = near[at]
            likes = set(row.indices[(row.data >= least) & (row.indices > at)].tolist())
            taken |= (others := likes - taken)
            joined.append(sorted([*group, *(one for other in others for one in groups[other])]))
        if len(joined) == len(groups):
            break
        groups = sorted(joined, key=lambda group: (-len(group), group))
    return groups


def _filled(vectors: Any, groups: list[list[int]], least: float) -> list[list[int]]:
    """Each text goes to the topic whose middle it resembles most, if it does enough; one that resembles none stands alone."""
    import numpy as np

    alone = set(range(vectors.shape[0])) - {at for group in groups for at in group}
    if groups and alone:
        singles = sorted(alone)
        near = (vectors[singles] @ _middles(vectors, groups).T).tocsr()
        for number, at in enumerate(singles):
            row = near[number]
            if row.nnz and row.data.max() >= least:
                groups[int(row.indices[np.lexsort((row.indices, -row.data))[0]])].append(at)
                alone.discard(at)
    return [sorted(group) for group in groups] + [[at] for at in sorted(alone)]


# --- how a topic is told ---------------------------------------------------------------------------------------------


def _topic(
    rank: int,
    heat: float,
    members: list[int],
    said: Sequence[Said],
    texts: Sequence[str],
    vectors: Any,
    everywhere: Mapping[str, int],
) -> Topic:
    rows = [said[at] for at in members]
    days = sorted(one.day for one in rows)
    people = frozenset[str]().union(*(one.people for one in rows))
    last = sum(day > days[-1] - MONTH for day in days)
    before = sum(days[-1] - 2 * MONTH < day <= days[-1] - MONTH for day in days)
    return Topic(
        rank=rank,
        size=len(rows),
        people=len(people),
        since=days[0],
        until=days[-1],
        place=_place(members, said, texts),
        title=_title(members, said, texts, vectors, everywhere),
        growth=last - before,
        rows=[one.id for one in rows],
        heat=round(heat, 2),
        at_least=max(sum(not sign.startswith(NO_SIGN) for sign in people), 1),
    )


def _place(members: Sequence[int], said: Sequence[Said], texts: Sequence[str]) -> str:
    """Where: the place that most of its texts belong to, else the name of a place that most of them hold and few others."""
    known = Counter(said[at].place for at in members if said[at].place)
    if known:
        return min(known, key=lambda name: (-known[name], name))
    held = Counter(name for at in members for name in _names(texts[at]))
    least = max(2.0, len(members) * 0.3)
    likely = sorted((name for name in held if held[name] >= least), key=lambda name: (-held[name] * len(name) ** 0.5, name))[:60]

    def telling(name: str) -> float:
        return float(held[name] ** 2) * math.sqrt(len(name)) / sum(name in text for text in texts)

    return min(likely, key=lambda name: (-telling(name), name)).upper() if likely else ""


def _names(text: str) -> set[str]:
    """What may be the name of a place: up to ten characters with such an ending, without the words that lead up to it."""
    found: set[str] = set()
    for line in text.split("\n"):
        for ending in PLACE_ENDS:
            at = line.find(ending)
            while at >= 0:
                end = at + len(ending)
                begin = max(max(at - 8, 0), *(before.end() for before in _BEFORE.finditer(line, max(at - 8, 0), at)), 0)
                found.update(line[start:end] for start in range(begin, at))
                at = line.find(ending, at + 1)
    return found


def _everywhere(topics: Sequence[Sequence[int]], said: Sequence[Said], texts: Sequence[str]) -> Counter[str]:
    """In how many of all texts stands what the texts of these topics hold: read once for all of them. Nothing, where texts have
    titles."""
    if all(len(one.parts) > 1 for one in said):
        return Counter()
    held = {gram for members in topics for at in members for gram in grams(texts[at], (2, 3))}
    return Counter(gram for text in texts for gram in set(grams(text, (2, 3))) if gram in held)


def _title(
    members: Sequence[int], said: Sequence[Said], texts: Sequence[str], vectors: Any, everywhere: Mapping[str, int]
) -> str:
    """The title of the text in its midst, where texts have titles; else the sentence of that text which holds most of what others
    say."""
    import numpy as np

    near = np.asarray((vectors[list(members)] @ _middles(vectors, [members]).T).todense()).ravel()
    midst = members[int(near.argmax())]
    if len(said[midst].parts) > 1:
        return _PHONE.sub("…", " ".join(said[midst].parts[0].split())[:LONG])
    held = Counter(gram for at in members for gram in set(grams(texts[at], (2, 3))))
    least = 2 if len(members) > 1 else 1
    weights = {gram: count * math.log((len(texts) + 1) / everywhere[gram]) for gram, count in held.items() if count >= least}

    def telling(sentence: str) -> float:
        return sum(weights.get(gram, 0.0) for gram in set(grams(plain(sentence), (2, 3)))) / (len(sentence) + SHORT)

    sentences = [sentence.strip() for sentence in _END.split(said[midst].parts[0]) if sentence.strip()]
    return _PHONE.sub("…", max(sentences, key=telling)[:LONG])
