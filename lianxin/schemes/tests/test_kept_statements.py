"""Compiled statements are kept in the data folder for other processes, and only what we put there is believed."""

from datetime import date

import duckdb
import pytest

from lianxin.config.folder import Folder
from lianxin.schemes.compiler import Compiler
from lianxin.schemes.engines import MOST_READ, DuckEngine, compiled_standings
from lianxin.schemes.frame import frame_for
from lianxin.schemes.tests.pool import KINDS, pool


class Anew(Exception):
    """A statement was compiled, not found."""


def test_a_kept_statement_is_used_and_an_edited_one_is_not(settings, tmp_path, monkeypatch):
    settings.FOLDER = Folder(tmp_path)
    settings.FOLDER.make()
    scheme, other = pool()["counts"], pool()["cells"]

    def compiled(which=scheme):
        compiled_standings.cache_clear()  # as a new process begins
        return compiled_standings(which, frame_for(which, as_of=date(2024, 6, 30)), "sqlite", (), KINDS, False)

    made = compiled()
    (file,) = (tmp_path / "compiled").iterdir()
    kept = file.read_text()
    compiled(other)
    (beside,) = set((tmp_path / "compiled").iterdir()) - {file}

    def refuse(self):
        raise Anew

    monkeypatch.setattr(Compiler, "build", refuse)
    assert compiled() == made
    for forged in (kept[:-1] + ("a" if kept[-1] != "a" else "b"), beside.read_text(), ""):
        file.write_text(forged)
        with pytest.raises(Anew):
            compiled()
    file.write_text(kept)
    assert compiled() == made
    compiled_standings.cache_clear()


def test_duckdb_reads_a_statement_once_and_answers_what_the_tables_hold_by_then():
    duck = duckdb.connect(":memory:")
    duck.execute("CREATE TABLE entries (n integer)")
    engine = DuckEngine(duck)
    assert engine.rows("SELECT n FROM entries") == []
    kept = engine._read["SELECT n FROM entries"]
    duck.execute("INSERT INTO entries VALUES (1)")
    assert engine.rows("SELECT n FROM entries") == [(1,)]
    assert engine._read["SELECT n FROM entries"] is kept
    for number in range(MOST_READ):
        engine.rows(f"SELECT {number}")
    assert len(engine._read) == MOST_READ
    assert "SELECT n FROM entries" not in engine._read
    duck.close()
