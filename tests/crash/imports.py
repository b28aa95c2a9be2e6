"""Imports killed half-way: a process that brings a workbook in gets SIGKILL at a chosen point; then it is brought in again.

python -m tests.crash.imports      (in an installation with the small world: kills at every point, prints findings as JSON)
"""

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROWS, SLICE = 500, 200
"""A workbook of three slices."""
POINTS = ("while it is checked", "between two slices", "within a slice", "just before it is seen", "just after it is seen")


def die(*_arguments: object, **_options: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def prepare_death(point: str) -> None:
    """Change this process so that it is killed at that point."""
    from lianxin.imports import actions
    from lianxin.imports.models import StagedSlice

    calls = 0

    def at_the_second(real: Callable[..., object]) -> Callable[..., object]:
        def counted(*arguments: object, **options: object) -> object:
            nonlocal calls
            calls += 1
            return die() if calls == 2 else real(*arguments, **options)

        return counted

    def when_nothing_is_left(*arguments: object) -> bool:
        return write_next(*arguments) or bool(die())

    write_next = actions._write_next
    match point:
        case "while it is checked":
            actions._note = at_the_second(actions._note)
        case "between two slices":
            actions._write_next = at_the_second(actions._write_next)
        case "within a slice":
            StagedSlice.delete = at_the_second(StagedSlice.delete)  # written and not yet committed
        case "just before it is seen":
            actions._write_next = when_nothing_is_left
        case "just after it is seen":
            actions._close = die


def killed_at(point: str, file: Path) -> int:
    """Bring the workbook in, in a process of its own that dies at that point; the signal it died of."""
    from django.db import connections

    connections.close_all()
    pid = os.fork()
    if pid == 0:
        try:
            prepare_death(point)
            bring_in(file)
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(pid, 0)[1])


def bring_in(file: Path) -> None:
    from lianxin.imports.commands import import_

    import_.main(["people", str(file), "--as", "county_officer"], standalone_mode=False)


def found(prefix: str) -> dict[str, object]:
    """What is to be seen of the workbook, and what is there unseen."""
    from lianxin.imports.models import StagedSlice, Upload
    from lianxin.ledger import clock
    from lianxin.ledger.models import Entry
    from lianxin.organizations.models import Membership, Person

    people = Person.objects.filter(code__startswith=prefix)
    return {
        "people": people.filter(memberships__in=Membership.objects.on(clock.today())).count(),
        "entries": Entry.objects.standing().filter(subject__in=[f"organizations.person:{one.pk}" for one in people]).count(),
        "there": people.count(),
        "state": str(Upload.objects.order_by("-pk").values_list("state", flat=True).first()),
        "staged": StagedSlice.objects.count(),
    }


def main() -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "lianxin.config.settings"
    django.setup()
    from lianxin.imports import actions, examining
    from lianxin.imports.tests.books import book, person
    from lianxin.imports.turns import is_under_way

    actions.SLICE = examining.SLICE = SLICE
    findings = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, point in enumerate(POINTS):
            prefix, file = f"K{number}", Path(folder) / "people.xlsx"
            file.write_bytes(book("people", *(person(code=f"{prefix}{row:04d}", phone="") for row in range(ROWS))))
            died_of = killed_at(point, file)
            while is_under_way("people"):  # until the database server knows of the death
                time.sleep(0.05)
            killed = found(prefix)
            bring_in(file)
            findings[point] = {"died_of": died_of, "killed": killed, "again": found(prefix)}
    print(json.dumps(findings), file=sys.stderr)


if __name__ == "__main__":
    main()
