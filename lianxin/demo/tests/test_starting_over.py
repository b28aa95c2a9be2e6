"""`lianxin demo` deletes a demonstration to start over, and nothing else, and not under anybody's feet."""

from datetime import date

import pytest
from click.testing import CliRunner

from lianxin.config.folder import Folder
from lianxin.demo import commands
from lianxin.demo.folder import Marker, write_marker


@pytest.fixture
def folder(tmp_path, settings, monkeypatch):
    """A folder named in LIANXIN_HOME. Making is only noted: it takes a minute."""
    settings.FOLDER = Folder(tmp_path / "home")
    monkeypatch.setattr(commands, "_make", lambda: Folder.make(settings.FOLDER))
    return settings.FOLDER


def demo(*words):
    """Whether it went as far as the brief, which needs the command line around it."""
    done = CliRunner().invoke(commands.demo, ["--no-serve", *words])
    return isinstance(done.exception, AttributeError), done.output


@pytest.mark.parametrize("words", [(), ("--reset",)])
def test_a_folder_with_other_things_in_it_is_left_alone(db, folder, words):
    folder.path.mkdir()
    (folder.path / "letter.txt").write_text("precious")
    went_on, said = demo(*words)
    assert not went_on and str(folder.path) in said and said.count("\n") == 1
    assert [path.name for path in folder.path.iterdir()] == ["letter.txt"]


def test_a_county_is_left_alone(db, folder):
    folder.make()
    keys = folder.keys()
    went_on, said = demo("--reset")
    assert not went_on and said.count("\n") == 1
    assert folder.keys() == keys


@pytest.mark.sqlite
def test_what_is_being_served_is_not_deleted_under_its_readers(db, folder):
    write_marker(folder.path, Marker(date(2026, 11, 20), complete=True))
    folder.make()
    keys = folder.keys()
    with folder.in_use():
        went_on, said = demo("--reset")
        assert not went_on and "Ctrl+C" in said
        assert folder.keys() == keys
        assert demo()[0], "looking at it harms nobody"
    assert demo("--reset")[0]
    assert folder.keys() != keys


@pytest.mark.sqlite
def test_a_making_that_was_interrupted_is_begun_again(db, folder):
    write_marker(folder.path, Marker(date(2026, 11, 20), complete=False))
    (folder.path / "half").write_text("made")
    assert demo()[0]
    assert not (folder.path / "half").exists()
