"""What a report is probably about: items of the catalogue, most likely first, each with the words that speak for it.

Learned from the office's own closed cases once there are enough, and from the keywords of the catalogue. A person decides: a
suggestion is offered and never filled in. What was learned lives in the memory of the process alone and is never written down.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from lianxin.cases.models import Case, Item, State
from lianxin.cases.queries.reach import in_sight
from lianxin.cases.texts import erasures, grams, phrases, plain, words_of
from lianxin.ledger import clock

ENOUGH = 200
"""So many closed cases …"""
ENOUGH_ITEMS = 5
"""… over so many items: fewer teach nothing, and keywords alone speak."""
MANY = 100
"""Texts of which each character is likely to come back."""
LEAST_EACH = 3
"""An item with fewer closed cases is known by its keywords only."""
MOST_LEARNED = 4_000
"""Learned from the newest so many: a second's work."""
GROWN = 1.2
"""Learned anew when there are so many times as many closed cases."""
LOOKED_AGAIN = 600.0
"""Seconds until it is looked again whether there are."""
LEARNED_SHARE = 0.7
"""How much what was learned weighs beside the keywords."""
LEAST = 0.05
"""What is less likely is not offered."""


@dataclass(frozen=True)
class Suggestion:
    """An item of the catalogue. score: 0 to 1, the higher the likelier; words: of the report, what speaks for it."""

    item: Item
    score: float
    words: tuple[str, ...]


def suggest_items(text: str, most: int = 3) -> list[Suggestion]:
    """The items a report is probably about, likeliest first; none where no word speaks for any."""
    items = {item.key: item for item in _offered()}
    found = _by_keywords(text, list(items.values()))
    learned = _learned()
    if learned is not None and plain(text):
        likely = learned.shares([(text,)])[0]
        for key, (share, words) in found.items():
            found[key] = ((1 - LEARNED_SHARE) * share, words)
        for key in sorted(likely, key=lambda key: (-likely[key], key))[: most * 2]:
            if key in items:
                share, words = found.get(key, (0.0, ()))
                both = dict.fromkeys((*words, *learned.reasons((text,), key)))
                found[key] = (share + LEARNED_SHARE * likely[key], tuple(both)[:3])
    best = sorted(found, key=lambda key: (-found[key][0], key))[:most]
    return [Suggestion(items[key], round(found[key][0], 3), found[key][1]) for key in best if found[key][0] >= LEAST]


def _offered() -> list[Item]:
    """What may be chosen today: the lowest level of the catalogue, without what was retired."""
    return list(Item.objects.offered_on(clock.today()).filter(children=None).order_by("key"))


def _by_keywords(text: str, items: Sequence[Item]) -> dict[str, tuple[float, tuple[str, ...]]]:
    """Each item of which the text holds a keyword: its share of all that speaks, and the keywords."""
    said = plain(text)
    hits: dict[str, tuple[float, tuple[str, ...]]] = {}
    for item in items:
        keywords = dict.fromkeys(plain(word) for word in (*item.keywords.split(), item.title))
        words = sorted((word for word in keywords if len(word) > 1 and word in said), key=lambda word: (-len(word), word))
        if words:
            hits[item.key] = (sum(len(word) for word in words), tuple(words[:3]))
    whole = sum(weight for weight, _words in hits.values()) + 1  # one for “none of them”
    return {key: (weight / whole, words) for key, (weight, words) in hits.items()}


# --- learning --------------------------------------------------------------------------------------------------------


class Classifier:
    """Texts to labels: TF-IDF of one to two characters, one linear judge a label.

    A text is a row of columns (title, body …). Each column counts by itself and once more in the whole, so that a short title is
    not lost in a long body. Numbers and Latin letters are masked.
    """

    SIZES = (1, 2)
    SHARP = 2.5
    """How sharply a margin becomes a share."""

    def __init__(self, texts: Sequence[Sequence[str]], labels: Sequence[str]) -> None:
        from sklearn.svm import LinearSVC

        self.labels = sorted(set(labels))
        self.columns = len(texts[0])
        self._vectorizers = [self._vectorizer(len(texts)) for _ in range(self.columns + 1 if self.columns > 1 else 1)]
        rows = self._rows(texts, fit=True)
        self._judges = LinearSVC(C=4, dual=True, random_state=0, max_iter=2000).fit(rows, list(labels))

    def predict(self, texts: Sequence[Sequence[str]]) -> list[str]:
        """The likeliest label of each."""
        return [str(label) for label in self._judges.predict(self._rows(texts))]

    def shares(self, texts: Sequence[Sequence[str]]) -> list[dict[str, float]]:
        """Of each text, how likely each label is: between 0 and 1, together 1. Like a probability, not measured as one."""
        import numpy as np

        margins = np.asarray(self._judges.decision_function(self._rows(texts)))
        if margins.ndim == 1:  # two labels: one judge
            margins = np.stack([-margins, margins], axis=1)
        raised = np.exp(self.SHARP * (margins - margins.max(axis=1, keepdims=True)))
        shares = raised / raised.sum(axis=1, keepdims=True)
        return [dict(zip(self._judges.classes_.tolist(), row.tolist(), strict=True)) for row in shares]

    def reasons(self, text: Sequence[str], label: str, most: int = 3) -> tuple[str, ...]:
        """The words of this text that speak most for the label."""
        row, at = self._rows([text]), self._judges.classes_.tolist().index(label)
        coefficients = self._judges.coef_
        weights = coefficients[at] if len(coefficients) > 1 else coefficients[0] * (1 if at else -1)
        speaking: dict[str, float] = {}
        names = self._names()
        for column, value in zip(row.indices.tolist(), row.data.tolist(), strict=True):
            if weights[column] > 0 and len(names[column]) > 1:  # a single character explains little
                speaking[names[column]] = speaking.get(names[column], 0.0) + value * weights[column]
        heaviest = dict(sorted(speaking.items(), key=lambda gram: (-gram[1], gram[0]))[:80])
        said = "\n".join(plain(part, mask=True) for part in text).replace("0", "\n")
        return phrases(said, heaviest, most)

    def _vectorizer(self, rows: int) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer

        # What stands in one text alone teaches nothing; where there are few, everything is kept.
        return TfidfVectorizer(analyzer=_grams_of, min_df=2 if rows >= MANY else 1)

    def _rows(self, texts: Sequence[Sequence[str]], *, fit: bool = False) -> Any:
        from scipy.sparse import csr_matrix, hstack

        parts = [[plain(part, mask=True) for part in text] for text in texts]
        wholes = ["\n".join(row) for row in parts]
        columns = [[row[at] for row in parts] for at in range(self.columns)] if self.columns > 1 else []
        blocks = []
        for vectorizer, column in zip(self._vectorizers, [*columns, wholes], strict=True):
            blocks.append(vectorizer.fit_transform(column) if fit else vectorizer.transform(column))
        return csr_matrix(hstack(blocks)) / len(blocks) ** 0.5

    def _names(self) -> list[str]:
        return [name for vectorizer in self._vectorizers for name in vectorizer.get_feature_names_out().tolist()]


def _grams_of(text: str) -> list[str]:
    return list(grams(text, Classifier.SIZES)) or [""]  # a column may be empty


@dataclass
class _Memory:
    """What this process learned, when it looked, from how many closed cases, after which erasure."""

    classifier: Classifier | None = None
    cases: int = 0
    erased: int = 0
    looked: float = float("-inf")
    turn: threading.Lock = field(default_factory=threading.Lock)


_memory = _Memory()


def _learned() -> Classifier | None:
    """What this process has learned; looks now and then whether there is more to learn. While one request learns, others do not
    wait. What knows words that were erased since is forgotten at once, whichever process erased them."""
    if _memory.erased != (erased := erasures()):
        forget()
        _memory.erased, _memory.looked = erased, float("-inf")
    if time.monotonic() - _memory.looked > LOOKED_AGAIN and _memory.turn.acquire(blocking=False):
        try:
            learn()
        finally:
            _memory.turn.release()
    return _memory.classifier


def learn() -> None:
    """Learn from the closed cases, where there are enough and a fifth more than last time."""
    _memory.looked, erased = time.monotonic(), erasures()  # asked before words are opened: what is erased meanwhile is noticed
    closed = Case.objects.filter(in_sight(), state__in=(State.SOLVED, State.PRESUMED), erased_at=None).exclude(item=None)
    counted = dict(closed.order_by().values_list("item__key").annotate(n=Count("pk")))
    known = {key for key, count in counted.items() if count >= LEAST_EACH}
    total = sum(counted[key] for key in known)
    if total < ENOUGH or len(known) < ENOUGH_ITEMS:
        forget()
        return
    if _memory.classifier is not None and total < GROWN * _memory.cases and total >= _memory.cases / GROWN:
        return
    labels = dict(closed.filter(item__key__in=known).order_by("-pk").values_list("pk", "item__key")[:MOST_LEARNED])
    words = words_of(labels)
    texts = [((words[pk],), labels[pk]) for pk in sorted(words) if plain(words[pk])]
    if len({label for _text, label in texts}) > 1:
        _memory.classifier = Classifier([text for text, _label in texts], [label for _text, label in texts])
        _memory.cases, _memory.erased = total, erased


def forget() -> None:
    """Forget what was learned: words were erased, or there are too few cases by now."""
    _memory.classifier, _memory.cases = None, 0
