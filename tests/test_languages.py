"""Nothing half translated: every text people read stands in the code in English and in a .po file in Chinese."""

import ast
import json
import os
import re
import subprocess
import sys
from collections import defaultdict

import pytest

from lianxin.ui import messages

APPS = messages.apps()
CHINESE = re.compile(r"[\u3400-\u9fff]")
COMMENT = re.compile(r"{#.*?#}|{%\s*comment\b.*?endcomment\s*%}", re.S)
BLOCK = re.compile(r"{%\s*blocktranslate\b.*?endblocktranslate\s*%}", re.S)
CHINESE_ALLOWED = {
    "cases/import_cases.py": "headings that tables of past messages carry",
    "cases/sheets.py": "an item in the sample row of the template",
    "cases/text_commands.py": "headings of tables that offices hold, and how their cells write days",
    "cases/topics.py": "how names of places end, and what stands before them in a sentence",
    "config/settings.py": "the name of the language, in that language",
    "demo/": "the page's own places and the words of synthetic records",
    "imports/cells.py": "the forms of days that workbooks hold",
    "imports/organization_sheets.py": "the name of a unit and of a person in the sample rows of templates",
    "imports/workbook.py": "how the sample row of a template begins, in either language",
    "schemes/library/": "scheme files carry their titles in both languages",
}
"""Where Chinese may stand in code, and why."""


@pytest.mark.parametrize("app", APPS)
def test_every_text_has_a_finished_translation(app):
    assert [str(complaint) for complaint in messages.complaints_about(app)] == []


@pytest.mark.parametrize("app", APPS)
def test_texts_in_code_are_english(app):
    assert [f"{message.place}: {message.text}" for message in messages.messages_of(app) if CHINESE.search(message.text)] == []


@pytest.mark.parametrize("app", APPS)
def test_no_chinese_stands_in_templates_or_code_past_the_translations(app):
    found = []
    for path in messages.sources_of(app):
        place = str(path.relative_to(messages.ROOT))
        if any(place.startswith(allowed) for allowed in CHINESE_ALLOWED):
            continue
        text = path.read_text(encoding="utf-8")
        said = words_of_code(text) if path.suffix == ".py" else [(1, COMMENT.sub("", text))]
        found += [f"{place}:{line}: {word[:60]}" for line, word in said if CHINESE.search(word)]
    assert found == []


def test_one_text_is_said_in_one_way_everywhere():
    said = defaultdict(lambda: defaultdict(list))
    for app in APPS:
        if messages.po_file(app).exists():
            for entry in messages.read_catalog(messages.po_file(app)):
                if entry.id and entry.string:
                    said[(entry.context, str(entry.id))][str(entry.string)].append(app)
    assert {text: dict(ways) for text, ways in said.items() if len(ways) > 1} == {}


WRONG_USAGE = {
    "import": "错误：缺少参数 'SHEET'.",
    "cases retention --foo": "错误：没有选项 '--foo'。",
    "cases nothing": "错误：没有命令 'nothing'。",
    "cases retention --approve x": "错误：'--approve' 的值不对：'x' 不是整数。",
    "cases hot-topics --top 0": "错误：'--top' 的值不对：0 不在范围 1<=x<=1000 内。",
    "cases retention --approve": "错误：选项 '--approve' 需要 1 个值。",
    "verify a b": "错误：多出的参数：a b",
}
COMMANDS_IN_CHINESE = """
import django, json
django.setup()
from click.testing import CliRunner
from django.utils import translation
from lianxin.config.cli import gather, leaves, lianxin
from lianxin.ui.terminal import speak
speak("zh-hans")
with translation.override("zh-hans"):
    said = {name: [str(words or "") for words in [command.help, *[getattr(option, "help", "") for option in command.params]]]
            for name, command in leaves(gather())}
    wrong = {line: CliRunner().invoke(lianxin, line.split()).output for line in WRONG}
print(json.dumps([said, wrong]))
"""


def test_no_template_puts_a_space_after_a_colon_of_its_own():
    """In Chinese the colon is full-width, and a space after it is one too many: the text brings its own where it has one."""
    texts = [(path, COMMENT.sub("", path.read_text(encoding="utf-8"))) for app in APPS for path in messages.sources_of(app)]
    spaced = re.compile(r""":" %}(?:</\w+>)?\s+[^\s<]|(?:}}|</a>|{% endif %}): ?{{""")
    found = [(path.name, hit) for path, text in texts if path.suffix == ".html" for hit in spaced.findall(BLOCK.sub("", text))]
    assert found == []


def test_commands_explain_themselves_in_chinese():
    # A process of its own: the words are fixed when a command is first read.
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "lianxin.config.settings"}
    asked = f"WRONG = {list(WRONG_USAGE)}{COMMANDS_IN_CHINESE}"
    printed = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True)
    said, wrong = json.loads(printed.stdout)
    english = [f"{name}: {words}" for name, helps in said.items() for words in helps if words and not CHINESE.search(words)]
    assert "messages" in said
    assert english == []
    assert [name for name, (help_, *_) in said.items() if not help_] == []
    assert {line: words.splitlines()[-1] for line, words in wrong.items()} == WRONG_USAGE
    assert [line for line, words in wrong.items() if not re.match("(用法: .*\n查看说明：.*--help\n\n)?错误：", words)] == []
    assert [words for words in wrong.values() if re.search(r"OPTIONS|COMMAND|ARGS|Error|Try ", words)] == []


def words_of_code(text):
    """(line, words) of every string in the code that is not a docstring or a note beneath an attribute."""
    tree = ast.parse(text)
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes:
            yield node.lineno, node.value


def test_the_checks_see_what_they_are_for(tmp_path):
    app = tmp_path / "room"
    (app / "templates").mkdir(parents=True)
    (app / "apps.py").write_text("from x import gettext as _\n\n_('Said in code, %(n)d')\n")
    (app / "templates" / "page.html").write_text(
        '{% load i18n %}<p title="{% translate "In an attribute" %}">{% blocktranslate trimmed count n=n %}\n  One visit\n'
        '{% plural %}{{ n }} visits{% endblocktranslate %}</p>{{ _("In a variable") }}'
    )
    assert {message.text for message in messages.messages_of("room", tmp_path)} == {
        "Said in code, %(n)d",
        "In an attribute",
        "One visit",
        "In a variable",
    }
    assert messages.add_missing("room", tmp_path) == 4
    assert len(messages.complaints_about("room", tmp_path)) == 4
    source = messages.po_file("room", tmp_path)
    filled = source.read_text().replace('msgid "Said in code, %(n)d"\nmsgstr ""', 'msgid "Said in code, %(n)d"\nmsgstr "%(m)d"')
    filled = filled.replace('msgid "In a variable"\nmsgstr ""', '#, fuzzy\nmsgid "In a variable"\nmsgstr "x"')
    filled = filled.replace('msgid "In an attribute"\nmsgstr ""', 'msgid "In an attribute"\nmsgstr "x"')
    source.write_text(filled.replace('msgstr[0] ""', 'msgstr[0] "%(n)s"'))
    assert [str(complaint).split(": ", 1)[1] for complaint in messages.complaints_about("room", tmp_path)] == [
        "“Said in code, %(n)d” and “%(m)d” hold different placeholders",
        "the translation of “In a variable” is marked fuzzy",
    ]
    assert messages.compile_translations(tmp_path) == [source.with_suffix(".mo")]
    assert messages.compile_translations(tmp_path) == []
