"""How well and how fast residents' words are read: items told beside plain TF-IDF + LinearSVC in the same run and folds, hot
topics and duplicates of 4,326 messages, and open cases like a new report among 10,000 of a township.

`python -m benchmarks.cases_text`. The messages are public, but not ours: they are read from the folder LIANXIN_EVALUATION_DATA
names, and nothing of their text is printed; without it only the first line is measured. Exit 1 where a promise is not kept.
"""

import os
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks._figures import said

MOST_TOPICS = 20.0
MOST_ALIKE = 0.050
OPEN = 10_000
DATA = Path(os.environ.get("LIANXIN_EVALUATION_DATA", "evaluation-data"))
PARTS = (
    "水井",
    "路灯",
    "垃圾",
    "道路",
    "停电",
    "暖气",
    "噪音",
    "草场",
    "医保",
    "网络",
    "坏了",
    "不出水",
    "没人管",
    "三天了",
    "请修",
)


class Plain:
    """The baseline: TF-IDF of one to three characters of the whole text and LinearSVC, everything else as scikit-learn has it."""

    def __init__(self, texts: Sequence[Sequence[str]], labels: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline
        from sklearn.svm import LinearSVC

        self.judge = make_pipeline(TfidfVectorizer(analyzer="char", ngram_range=(1, 3)), LinearSVC(random_state=0))
        self.judge.fit(["\n".join(text) for text in texts], list(labels))

    def predict(self, texts: Sequence[Sequence[str]]) -> list[str]:
        return [str(label) for label in self.judge.predict(["\n".join(text) for text in texts])]


def main() -> bool:
    """Print one line a measurement; False where a promise is not kept."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianxin.config.settings")
    django.setup()
    kept = [alike()]
    if not DATA.is_dir():
        return said("real messages", "LIANXIN_EVALUATION_DATA names no folder: not measured") and all(kept)
    return all([*kept, told(), *gathered()])


def table(number: int) -> Any:
    from lianxin.cases.text_commands import Table

    return Table(next(DATA.glob(f"teddy2020c_fujian{number}_*.xlsx")))


def told() -> bool:
    """Which item: ours and the baseline on the same rows and parts."""
    from lianxin.cases.suggest import Classifier
    from lianxin.cases.text_commands import evaluate

    rows = table(2)
    columns = [rows.column("留言主题"), rows.column("留言详情")]
    texts = [rows.parts(row, columns) for row in rows.rows]
    right = [str(row[rows.column("一级分类")]).strip() for row in rows.rows]
    found = {}
    for name, make in (("ours", Classifier), ("TF-IDF + LinearSVC", Plain)):
        begun, used = time.perf_counter(), time.process_time()
        found[name] = evaluate(make, texts, right, 5)
        took = f"{time.perf_counter() - begun:.1f} s, {time.process_time() - used:.1f} s of processor"
        shown = f"accuracy {found[name]['accuracy']:.3f}, macro-F1 {found[name]['macro_f1']:.3f} ({took})"
        said(f"item of {len(texts)} messages, 5 folds: {name}", shown)
    ours, plain = found["ours"], found["TF-IDF + LinearSVC"]
    ratio = ours["macro_f1"] / plain["macro_f1"]
    right_more = ratio >= 1 and ours["accuracy"] >= plain["accuracy"]
    return said("macro-F1, ours ÷ TF-IDF + LinearSVC", f"{ratio:.3f}×", "≥ 1×, accuracy too", right_more)


def gathered() -> list[bool]:
    """Hot topics and duplicates of 4,326 messages."""
    from lianxin.cases.duplicates import group_duplicates
    from lianxin.cases.text_commands import _said
    from lianxin.cases.topics import find_topics

    begun, used = time.perf_counter(), time.process_time()
    rows = table(3)
    messages = _said(rows, ("留言主题", "留言详情"), (), "留言时间", None, None)
    found = find_topics(messages, 5)
    seconds, used = time.perf_counter() - begun, time.process_time() - used
    sizes = ", ".join(f"{topic.people} people in {(topic.until - topic.since).days + 1} days" for topic in found)
    said("the five hottest", sizes)
    name = f"hot topics of {len(messages):,} messages, from file to topics"
    quick = said(
        name,
        f"{seconds:.1f} s ({used:.1f} s of processor, load {os.getloadavg()[0]:.1f})",
        f"≤ {MOST_TOPICS:.0f} s",
        seconds <= MOST_TOPICS,
    )
    begun = time.perf_counter()
    groups = group_duplicates(["\n".join(one.parts) for one in messages])
    said(f"duplicates of {len(messages):,} messages", f"{len(groups)} groups in {time.perf_counter() - begun:.1f} s")
    return [quick]


def alike() -> bool:
    """A new report beside 10,000 open cases of a township: the comparison itself, with the words of all at hand."""
    from lianxin.cases import duplicates

    lot = random.Random(1)
    words = {pk: "".join(lot.choices(PARTS, k=8)) + str(lot.random())[2:8] for pk in range(OPEN)}
    index, times = duplicates._Index(), []
    with patch.object(duplicates, "words_of", lambda cases: {pk: words[pk] for pk in cases}):
        index.alike(list(words), "水井不出水", 20)
        for n in range(100):
            words[OPEN + n] = "".join(lot.choices(PARTS, k=8))
            begun = time.perf_counter()
            index.alike(list(words), words[OPEN + n], 20)
            times.append(time.perf_counter() - begun)
    p95 = sorted(times)[95]
    name = f"open cases like a new report, among {OPEN:,} of a township, each time with one more, p95"
    return said(name, f"{p95 * 1000:.1f} ms", f"≤ {MOST_ALIKE * 1000:.0f} ms", p95 <= MOST_ALIKE)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
