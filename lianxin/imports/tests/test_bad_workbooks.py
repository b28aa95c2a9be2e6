"""Every bad input: a plain sentence that names the cell and how to mend it, and nothing brought in."""

import zipfile
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner
from xlsxwriter.utility import xl_rowcol_to_cell

from lianxin.imports.commands import import_
from lianxin.imports.tests.books import book, headings, person, repacked, unit
from lianxin.imports.workbook import MOST_ROWS
from lianxin.ledger.models import Entry
from lianxin.organizations import actions
from lianxin.organizations.models import Person, Unit


@pytest.fixture
def refused(world, tmp_path):
    """Import a workbook that must be refused; its sentences."""

    def try_import(sheet: str, content: bytes) -> str:
        file = tmp_path / "book.xlsx"
        file.write_bytes(content)
        before = (Entry.objects.count(), Unit.objects.count(), Person.objects.count())
        done = CliRunner().invoke(import_, [sheet, str(file)])
        assert (done.exit_code, done.stdout) == (1, ""), done.output
        assert (Entry.objects.count(), Unit.objects.count(), Person.objects.count()) == before
        return done.stderr

    return try_import


def zip_of(tmp: Any, **parts: bytes) -> bytes:
    with zipfile.ZipFile(tmp / "made.zip", "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in parts.items():
            made.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return (tmp / "made.zip").read_bytes()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "文件是空的"),
        ("姓名,单位\n巴图,特门嘎查\n".encode(), "CSV"),
        (b"%PDF-1.7", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧版 .xls"),
        (b"PK\x03\x04 torn", "已损坏"),
        (b"<html><table></table></html>", "HTML"),
    ],
)
def test_a_file_that_is_no_workbook(refused, content, sentence):
    assert sentence in refused("people", content)


def test_a_word_file(refused, tmp_path):
    assert "Word" in refused("people", zip_of(tmp_path, word__document_xml=b"<w/>"))


def test_a_workbook_that_swells_when_unpacked(refused):
    sound = book("people", person())
    assert "远远超过" in refused("people", repacked(sound, lambda name, data: bytes(260 * 2**20) if "styles" in name else data))


def test_a_damaged_part(refused):
    sound = book("people", person())
    assert "已损坏" in refused("people", repacked(sound, lambda name, data: b"<worksheet" if "sheet1" in name else data))


def test_a_cell_at_the_far_end_does_not_eat_the_memory(refused):
    content = book("people", person(), also=lambda made, page: page.write(1_000_000, 16_000, "x"))
    assert "一直用到 1000001" in refused("people", content)


def test_too_many_rows(refused):
    content = book("people", person(), also=lambda made, page: page.write(MOST_ROWS + 1, 0, "X9"))
    assert "工作表有 100,001 行" in refused("people", content)


def test_the_workbook_of_another_sheet(refused):
    assert "这像是“单位”的表格" in refused("people", book("units", unit()))


def test_a_worksheet_without_headings(refused):
    assert "第 1 行应是表头" in refused("people", book("people", person(), heads=["花名册"]))


def test_an_empty_worksheet(refused):
    assert "只有表头，没有数据" in refused("people", book("people"))


def test_merged_headings(refused):
    content = book("people", person(), also=lambda made, page: page.merge_range(0, 0, 0, 1, "人员"))
    assert "合并的单元格（A1:B1）" in refused("people", content)


def test_missing_renamed_unknown_and_doubled_columns_are_all_named(refused):
    heads = headings("people")
    heads[1], heads[3], heads[7] = "姓名名字", "微信", heads[4]
    said = refused("people", book("people", person(), heads=heads))
    assert "B 列“姓名名字”不属于这份表格。是不是应叫“姓名”" in said
    assert "D 列“微信”不属于这份表格" in said
    assert "H 列“单位代码”重复了" in said
    assert "缺少“起始日期”列" in said


CELLS = [
    ({"unit": 152221200203}, "E 列「单位代码」：填的是 152221200203。Excel 把它当成了数字"),
    ({"code": 3.2e17}, "A 列「人员代码」：填的是 3.2e+17。这像是身份证号"),
    ({"code": "152221198001011234"}, "A 列「人员代码」：填的是 152…。这像是身份证号"),
    ({"name": 3.2e17}, "B 列「姓名」：填的是 3.2e+17。这像是身份证号"),
    ({"since": "去年春天"}, "H 列「起始日期」：填的是 去年春天。应为日期"),
    ({"since": "2021-02-30"}, "应为日期"),
    ({"since": 2021}, "应为日期"),
    ({"since": date(2099, 1, 1)}, "这一天还没有到"),
    ({"since": date(2019, 12, 31)}, "自 2020-01-01 起才有"),
    ({"since": ""}, "H 列「起始日期」：没有填。这一格必须填写"),
    ({"code": "=A9"}, "A 列「人员代码」：填的是 X0001。公式不能可靠读取"),
    ({"unit": "152221200999"}, "填的是 152221200999。没有这个单位"),
    ({"membership": "党员"}, "应为其中之一"),
    ({"birth_year": "八零"}, "应为 1900 到 2100 的整数"),
    ({"phone": "12345"}, "应为 11 位手机号"),
    ({"code": "张三"}, "代码只能用字母、数字"),
    ({"name": "长" * 61}, "有 61 个字，最多 60 个字"),
    ({"membership": "", "title": ""}, "请说明此人在这里的身份"),
    ({"code": "T006", "name": "不是巴图"}, "这个代码是巴图的"),
    ({"code": "T006", "name": "巴图", "phone": "", "birth_year": ""}, "自 2020-01-01 起在这里"),
]


@pytest.mark.parametrize(("changes", "sentence"), CELLS)
def test_a_wrong_cell_of_people_is_named(refused, changes, sentence):
    said = refused("people", book("people", person(code="X0009"), person(**changes)))
    assert "第 3 行" in said
    assert sentence in said


def test_an_identity_number_is_refused_and_not_repeated(refused):
    said = refused("people", book("people", person(code="11010519491231002X")))
    assert "不收集这类号码" in said
    assert "19491231" not in said


def test_an_excel_error_is_named(refused):
    content = book("people", person(), also=lambda made, page: page.write_formula(1, 4, "=NA()", None, "#N/A"))
    assert "E 列「单位代码」" in refused("people", content)


@pytest.mark.parametrize("day", ["2021-03-01", "2021/3/1", "2021.3.1", "2021年3月1日", "2021年03月01日", 44256])
def test_days_are_understood_as_people_write_them(world, tmp_path, day):
    file = tmp_path / "book.xlsx"
    file.write_bytes(book("people", person(since=day)))
    done = CliRunner().invoke(import_, ["people", str(file)])
    assert done.exit_code == 0, done.stderr
    assert Person.objects.get(code="X0001").memberships.get().since == date(2021, 3, 1)


def test_the_same_row_twice(refused):
    assert "第 3 行 A 列「人员代码」：填的是 X0001。与第 2 行重复" in refused("people", book("people", person(), person()))


def test_one_code_for_two_people(refused):
    said = refused("people", book("people", person(), person(name="别人", membership="volunteer")))
    assert "第 2 行对同一代码的人填得不一样" in said


def test_a_member_of_two_branches(refused):
    said = refused("people", book("people", person(), person(unit="152221100003-1")))
    assert "第 2 行已把此人登记在别处" in said


def test_a_member_of_another_branch_on_record(refused):
    said = refused("people", book("people", person(code="T014", name="李邻", birth_year="", phone="")))
    assert "在碧桂园社区党支部。请先到人员页面结束" in said


UNITS = [
    ([unit(), unit()], "与第 2 行重复"),
    ([unit(code="N-1", parent="N"), unit(code="N", kind="village", parent="152221200")], "它的上级在第 3 行，排在了后面"),
    ([unit(code="N", parent="N")], "不能是自己的上级"),
    ([unit(code="N", kind="township", parent="152221200203")], "不能归在"),
    ([unit(opened_on=date(2023, 1, 1), closed_on=date(2022, 1, 1))], "撤销日期 2022-01-01 不在成立日期 2023-01-01 之后"),
    ([unit(parent="152221999")], "没有这个上级单位"),
    ([unit(parent="")], "请填上级单位的代码"),
    ([unit(opened_on=date(2019, 1, 1))], "2019-01-01 那天还不存在"),
    ([unit(opened_on=date(2099, 1, 1))], "这一天还没有到"),
    (
        [unit(code="152221200203-1", name="特门嘎查党支部", parent="152221200", opened_on=date(2020, 1, 1))],
        "记录上它归在特门嘎查下面",
    ),
    ([unit(code="152221200203-1", kind="group", opened_on=date(2020, 1, 1))], "类型不能更改"),
    ([unit(code="152221200203-1", opened_on=date(2020, 1, 1), closed_on=date(2026, 1, 1))], "撤销请到单位页面办理"),
    ([unit(code=152221200203)], "Excel 把它当成了数字"),
    ([unit(code="a/b")], "代码只能用字母"),
    ([unit(code="A.1")], "代码只能用字母"),
]


@pytest.mark.parametrize(("rows", "sentence"), UNITS)
def test_a_wrong_cell_of_units_is_named(refused, rows, sentence):
    assert sentence in refused("units", book("units", *rows))


def test_a_closed_unit(refused, world):
    actions.close_unit(actor=world.user("county_officer"), unit=world.group, day=date(2025, 5, 1), reason="撤销")
    assert "已于 2025-05-01 撤销" in refused("people", book("people", person(unit=world.group.code, since=date(2025, 5, 1))))


def test_many_formulas_are_each_named(refused):
    content = book(
        "people",
        *(person(code=f"X{n}") for n in range(30)),
        also=lambda made, page: [page.write_formula(xl_rowcol_to_cell(n, 1), "=1", None, "甲") for n in range(1, 31)],
    )
    assert refused("people", content).count("公式不能可靠读取") == 30
