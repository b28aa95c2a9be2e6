"""Addresses of static files that change when the file does, so that a browser may keep one for ever."""

import hashlib
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


class VersionedStatic(StaticFilesStorage):
    def url(self, name: str | None) -> str:
        address: str = super().url(name)
        return address + version(name or "")


@cache
def version(name: str) -> str:
    """`?v=` and the start of the file's hash; nothing for a file that is not there."""
    path = finders.find(name)
    return f"?v={hashlib.sha256(Path(path).read_bytes()).hexdigest()[:10]}" if path else ""
