"""Compiled statements are kept in the data folder for other processes, and only what we put there is believed."""

from datetime import date

import pytest

from lianxin.config.folder import Folder
from lianxin.schemes.compiler import Compiler
from lianxin.schemes.engines import compiled_standings
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
