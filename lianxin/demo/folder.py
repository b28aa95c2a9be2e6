"""Whether this installation is a demonstration: a marker in its data folder, which no real county has."""

import json
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

MARKER = "demonstration.json"


@dataclass(frozen=True)
class Marker:
    """What the demonstration remembers of its making. `complete` is false when the making was interrupted."""

    today: date
    complete: bool


def read_marker(folder: Path) -> Marker | None:
    """The marker of a demonstration; None for any other folder."""
    path = _marker(folder)
    if not path.exists():
        return None
    stored = json.loads(path.read_text())
    return Marker(date.fromisoformat(stored["today"]), stored["complete"])


def write_marker(folder: Path, marker: Marker) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _marker(folder).write_text(json.dumps({"today": marker.today.isoformat(), "complete": marker.complete}))


def clear(folder: Path) -> None:
    """Remove a demonstration. Only ever called on a folder that carries the marker."""
    if read_marker(folder) is not None:
        shutil.rmtree(folder)


def _marker(folder: Path) -> Path:
    return folder / MARKER
