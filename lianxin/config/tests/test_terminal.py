"""What the machine is to blame for is said at the terminal in one line, with exit status 1."""

import errno

import click
import pytest
from django.db.utils import IntegrityError, OperationalError
from django.utils import translation

from lianxin.config.cli import _run
from tests.house import new_house

FAULTS = [
    (OperationalError("database or disk is full"), "The disk is full", "磁盘满了"),
    (OSError(errno.ENOSPC, "No space left on device"), "The disk is full", "磁盘满了"),
    (OperationalError("database is locked"), "does not answer (database is locked)", "没有应答"),
    (OSError(errno.EACCES, "Permission denied", "x"), "could not go on: [Errno 13] Permission denied", "无法继续"),
]


@pytest.mark.parametrize(("fault", "english", "chinese"), FAULTS)
def test_a_fault_of_the_machine_is_one_line(fault, english, chinese, monkeypatch, capsys):
    @click.command()
    def failing():
        raise fault

    monkeypatch.setattr("sys.argv", ["lianxin"])
    for language, sentence in (("en", english), ("zh-hans", chinese)):
        with translation.override(language), pytest.raises(SystemExit) as ended:
            _run(failing)
        said = capsys.readouterr()
        assert ended.value.code == 1
        assert said.out == ""
        assert len(said.err.splitlines()) == 1
        assert sentence in said.err


def test_a_mistake_of_ours_is_not_dressed_up(monkeypatch):
    @click.command()
    def failing():
        raise IntegrityError("of ours")

    monkeypatch.setattr("sys.argv", ["lianxin"])
    with pytest.raises(IntegrityError):
        _run(failing)


def test_a_database_that_is_not_there_is_named():
    with new_house(on_sqlite=True) as house:
        house.database_url = "postgresql://nobody@127.0.0.1:1/none"
        assert "The database does not answer" in house.refuse("brief")


def test_it_answers_only_to_the_name_people_come_by():
    """A false Host header then makes no printed link lead elsewhere."""
    with new_house(made=False, on_sqlite=True) as house:
        asked = "from django.conf import settings; print(*settings.ALLOWED_HOSTS)"
        assert house.python(asked) == "*"
        house.environment["LIANXIN_ADDRESS"] = "https://bridge.example:8443/"
        assert house.python(asked) == "bridge.example localhost 127.0.0.1 [::1]"
        house.environment["LIANXIN_HOSTS"] = "a.example,b.example"
        assert house.python(asked) == "a.example b.example"
