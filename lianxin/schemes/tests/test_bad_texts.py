"""Wrong scheme files are refused with file, line, what was found and what was expected; nothing is half done."""

import pytest
from click.testing import CliRunner
from django.utils import translation

from lianxin.schemes import commands
from lianxin.schemes.library import FOLDER
from lianxin.schemes.loader import SchemeError, check_together, load_scheme
from lianxin.schemes.tests.pool import HEAD

GOOD = (FOLDER / "contact-131.yaml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def mistakes(text: str) -> str:
    with pytest.raises(SchemeError) as refused:
        load_scheme(text, "f.yaml")
    return str(refused.value)


def line_of(part: str) -> int:
    return next(number for number, line in enumerate(GOOD.splitlines(), 1) if part in line)


@pytest.mark.parametrize(
    ("old", "new", "found", "expected"),
    [
        ('version: "2020.1"', "version: 2020.10", "the unquoted number 2020.10", "in quotes"),
        ("period: year", "periods: year", "the unknown key “periods”", "one of"),
        ("period: year", "period: decade", "“decade”", "year, half, quarter, month"),
        ("closes: 10d", "on: 10d", "on, which YAML reads as yes or no", "a key"),
        ("part_year: prorate\n", "\n", "no part-year choice", "part_year"),
        ("from: 2020-08-07", "from: 2020-02-30", "“2020-02-30”", "a day such as"),
        ("at_least: 3", "at_least: 0", "the unquoted number 0", "a whole number"),
        ("once_per: day", "once_per: week", "“week”", "day, subject"),
        ("verdict: {all: [research,", "verdict: {all: [reserch,", "“reserch”", "the id of a clause"),
        ("id: inspect", "id: research", "“research” again", "each id once"),
    ],
)
def test_each_mistake_names_its_line(old: str, new: str, found: str, expected: str):
    text = mistakes(GOOD.replace(old, new, 1))
    assert found in text and expected in text
    assert all(line.startswith("f.yaml:") for line in text.splitlines())


def test_a_mistake_stands_on_the_line_it_was_made_on():
    line = line_of("closes: 10d")
    assert mistakes(GOOD.replace("closes: 10d", "closes: 10")).startswith(f"f.yaml:{line}: found the unquoted number 10,")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("period: year", "span: year", "发现：缺少“period”；应为：写有“period”一项"),
        ("period: year", "period: decade", "发现：“decade”；应为：其中之一：year, half, quarter, month"),
        ("once_per: day", "twice_per: day", "发现：不认识的键“twice_per”；应为：其中之一：kind, once_per, bands, at_least"),
    ],
)
def test_in_chinese_a_mistake_is_named_the_same_way(old: str, new: str, sentence: str):
    with translation.override("zh-hans"):
        assert f": {sentence}" in mistakes(GOOD.replace(old, new, 1))


@pytest.mark.parametrize("text", ["", "[", "a: [1", "- 1", "x" * 300_000, "[" * 5_000, "? [a]\n: b"])
def test_what_is_no_scheme_at_all_is_said_in_words(text: str):
    assert "f.yaml:1:" in mistakes(text)


def test_schemes_that_draw_on_each_other_in_a_circle_are_refused():
    body = "subject: {{kind: branch}}\nperiod: year\nclauses:\n"
    body += "  - {{id: a, title: {{zh: 甲, en: A}}, from: {{scheme: {other}, use: met}}}}\n"
    one = load_scheme(HEAD.format(key="one") + body.format(other="two"), "one.yaml")
    two = load_scheme(HEAD.format(key="two") + body.format(other="one"), "two.yaml")
    problems = check_together([("one.yaml", one), ("two.yaml", two)])
    assert [problem.found for problem in problems] == ["one → two → one", "two → one → two"]


def test_two_versions_for_the_same_days_are_refused():
    old, new = (
        load_scheme(GOOD, "old.yaml"),
        load_scheme(GOOD.replace('"2020.1"', '"2020.2"').replace("at_least: 3", "at_least: 4"), "new.yaml"),
    )
    assert "the same days as version 2020.1" in str(check_together([("old.yaml", old), ("new.yaml", new)])[0])


def test_comments_and_order_of_spaces_do_not_change_the_hash():
    assert load_scheme(GOOD + "\n# a remark\n").hash == load_scheme(GOOD).hash
    assert load_scheme(GOOD.replace("at_least: 3", "at_least: 4")).hash != load_scheme(GOOD).hash


def test_check_says_every_mistake_and_fails(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD.replace("closes: 10d", "closes: 10"), encoding="utf-8")
    done = CliRunner().invoke(commands.schemes, ["check", str(file)])
    assert done.exit_code == 1
    assert f"{file}:{line_of('closes: 10d')}: found" in done.output


@pytest.mark.parametrize("backend", ["sqlite", "duckdb"])
def test_every_sample_comes_out_as_reckoned_by_hand(backend: str):
    examples = [str(path) for path in sorted((FOLDER / "examples").glob("*.yaml"))]
    done = CliRunner().invoke(commands.schemes, ["test", *examples, "--backend", backend])
    assert done.exit_code == 0, done.output
    assert done.output.strip().endswith("64 passed, 0 failed")


def test_a_wrong_expectation_fails_with_its_line(tmp_path):
    text = (FOLDER / "examples" / "contact-131.yaml").read_text(encoding="utf-8")
    file = tmp_path / "wrong.yaml"
    file.write_text(text.replace("{n: 1, need: 3, missing: 2,", "{n: 2, need: 3, missing: 2,", 1), encoding="utf-8")
    done = CliRunner().invoke(commands.schemes, ["test", str(file)])
    assert done.exit_code == 1
    assert "A.inspect" in done.output and done.output.strip().endswith("25 passed, 1 failed")
