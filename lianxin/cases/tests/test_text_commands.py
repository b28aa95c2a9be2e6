"""`lianxin cases classify-eval | hot-topics | duplicates` on tables."""

import csv
import json
import os
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import CliRunner
from django.utils import translation

from lianxin.cases.commands import cases
from lianxin.cases.tests.test_suggest import SAID
from lianxin.cases.tests.test_topics import NOISE, OTHERS, WATER
from lianxin.cases.text_commands import read_day

HEADING = ["编号", "用户", "标题", "时间", "类别", "赞"]


@pytest.fixture(scope="module")
def rows():
    said = [("noise", text) for text in NOISE] + [("water", text) for text in WATER] + [("other", text) for text in OTHERS]
    return [[str(100 + n), f"u{n}", text, f"2026/5/{n + 1} 8:0{n % 9}", label, "3"] for n, (label, text) in enumerate(said)]


@pytest.fixture(params=["xlsx", "csv", "gb.csv"])
def file(request, rows, tmp_path):
    made = tmp_path / f"table.{request.param}"
    if request.param == "xlsx":
        with xlsxwriter.Workbook(made) as book:
            page = book.add_worksheet()
            for at, row in enumerate([HEADING, *rows]):
                page.write_row(at, 0, row)
    else:
        with made.open("w", encoding="gb18030" if "gb" in request.param else "utf-8-sig", newline="") as lines:
            csv.writer(lines).writerows([HEADING, *rows])
    return made


def run(*words):
    with translation.override("en"):
        return CliRunner().invoke(cases, [str(word) for word in words])


def answer(*words):
    done = run(*words)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_hot_topics_of_a_table(file):
    asked = ("hot-topics", file, "--text", "标题", "--date", "时间")
    first, second = json.loads(answer(*asked, "--person", "用户", "--weight", "赞"))
    assert (first["rank"], first["size"], first["people"], first["rows"]) == (1, 4, 4, [100, 101, 102, 103])
    assert (first["since"], first["until"], first["place"]) == ("2026-05-01", "2026-05-04", "幸福小区")
    assert second["rows"] == [104, 105, 106]
    assert set(first) == {"rank", "size", "people", "since", "until", "place", "title", "growth", "rows", "heat", "at_least"}
    assert len(json.loads(answer(*asked, "--top", 1))) == 1


def test_duplicates_of_a_table(file):
    groups = json.loads(answer("duplicates", file, "--text", "标题", "--threshold", 0.5))
    assert {"size": 3, "rows": [6, 7, 8], "ids": [104, 105, 106]} in groups


def test_how_well_the_matter_is_told(tmp_path):
    table = tmp_path / "labelled.csv"
    with table.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([["文", "题", "类"], *([text, "", key] for key, said in SAID.items() for text in said)])
    said = answer("classify-eval", table, "--text", "文", "题", "--label", "类", "--folds", 3)
    assert said == answer("classify-eval", table, "--text", "文,题", "--label", "类", "--folds", 3)
    rows, accuracy, macro = said.splitlines()
    assert rows == "rows: 15, labels: 5, folds: 3"
    assert 0.2 < float(accuracy.removeprefix("accuracy: ")) <= 1
    assert 0.2 < float(macro.removeprefix("macro-F1: ")) <= 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("hot-topics", "{}", "--text", "内容", "--date", "时间"), "found no column “内容”"),
        (("hot-topics", "{}", "--text", "标题", "--date", "日期"), "found no column “日期”"),
        (("hot-topics", "{}", "--text", "标题"), "--date: found nothing"),
        (("hot-topics", "{}", "--text", "标题", "--date", "标题"), "expected a day such as"),
        (("duplicates", "{}"), "--text: found nothing"),
        (("duplicates", "absent.xlsx", "--text", "标题"), "cannot be read"),
        (("classify-eval", "{}", "--text", "标题", "--label", "用户", "--folds", 40), "expected at least 40 rows"),
        (("classify-eval", "{}", "--text", "标题", "--label", "编号"), "0 labels of two rows or more"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(file, words, said):
    done = run(*(str(file) if word == "{}" else word for word in words))
    assert (done.exit_code, done.stdout) == (1, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "lines", "said"),
    [
        ("a.xlsx", "只是几句话\n第二句\n", "is plain text, not an Excel workbook"),
        ("a.csv", '标题,类\n"没有配对,甲\n停水,乙\n', "never closed"),
        ("a.csv", "标题,标题\n停水,乙\n", "above several columns"),
        ("a.csv", "标题,类\n停水,乙\n", "1 texts read; no two"),
        ("a.csv", f"标题,类\n{'水' * 200_000},乙\n停电,\n", "2 texts read; no two"),
    ],
)
def test_what_is_the_matter_with_a_table_is_said_in_one_line(tmp_path, name, lines, said):
    (tmp_path / name).write_text(lines, encoding="utf-8")
    done = run("duplicates", tmp_path / name, "--text", "标题")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert (done.exit_code, done.stdout) in ((1, ""), (0, "[]\n"))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no workbook", b"\0\1\2", "标题,时间\n".encode()])
def test_a_file_that_is_no_table(tmp_path, content):
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(content)
    done = run("duplicates", broken, "--text", "标题")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def test_days_as_people_write_them():
    assert {str(read_day(cell)) for cell in ("2026-10-01", "2026/10/1 8:00:01", "2026.10.1", "2026年10月1日")} == {"2026-10-01"}
    assert read_day("2026-13-01") is read_day("昨天") is read_day("") is None


EVALUATION = Path(os.environ.get("LIANXIN_EVALUATION_DATA", "evaluation-data"))

if EVALUATION.is_dir():  # real messages, which may not be part of this project: where they are, they are tried

    def test_the_known_topics_of_real_messages():
        """The answers of that contest, by what places and words its topics hold; no text of theirs stands here."""
        table = next(EVALUATION.glob("teddy2020c_fujian3*.xlsx"))
        found = json.loads(answer("hot-topics", table, "--text", "留言主题", "留言详情", "--date", "留言时间", "--top", 5))
        told = " ".join(topic["title"] for topic in found)
        assert all(word in told for word in ("搅拌站", "捆绑销售", "人才购房补贴"))
        assert all(topic["people"] >= 5 for topic in found)
