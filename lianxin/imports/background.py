"""Long work goes on after the page was sent. What a killed process leaves half-way is taken up again from the page."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils import translation

AT_ONCE = 2_000
"""Rows that are written while the browser waits; more go on in the background."""
AT_ONCE_BYTES = 150_000
"""Bytes of a workbook that is checked while the browser waits, about 3,000 rows."""


def run(work: Callable[..., Any], *, wait: bool, **arguments: Any) -> None:
    """Do the work now, or in a thread of its own that speaks the reader's language."""
    if wait:
        work(**arguments)
        return
    language = translation.get_language()

    def in_background() -> None:
        try:
            with translation.override(language):
                work(**arguments)
        finally:
            connection.close()

    threading.Thread(target=in_background, name=f"imports.{work.__name__}", daemon=True).start()
