"""What the catalogue of matters says: laid down from the sample, or from a county's own workbook."""

from collections.abc import Collection, Iterable
from itertools import groupby

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from lianxin.cases.catalogue import Line, sample
from lianxin.cases.models import Item
from lianxin.ledger import clock
from lianxin.ledger.actions import record
from lianxin.ledger.models import Entry
from lianxin.organizations.models import Unit

CATALOGUE_SET = "cases.catalogue_set"
SAMPLE, WORKBOOK = "sample", "workbook"
TOLD = ("title", "title_en", "keywords", "tier", "responsible", "mode")


@transaction.atomic
def seed_catalogue(*, actor: AbstractBaseUser, unit: Unit) -> Entry | None:
    """Lay down the sample that comes with the product; what left it is retired. Again: nothing. None where nothing changes.

    A county that brought in a catalogue of its own keeps it.
    """
    if Entry.objects.filter(kind=CATALOGUE_SET, data__source=WORKBOOK).exists():
        return None
    lines = sample().lines
    left = set(Item.objects.filter(retired_on=None).values_list("key", flat=True)) - {line.key for line in lines}
    return set_items(actor=actor, unit=unit, lines=lines, retire=left, source=SAMPLE)


@transaction.atomic
def set_items(
    *, actor: AbstractBaseUser, unit: Unit, lines: Iterable[Line], retire: Collection[str] = (), source: str = WORKBOOK
) -> Entry | None:
    """Make the catalogue say these lines, and no longer offer those keys; cases keep the items they have.

    lines: every item above one of them is among them, or there already. None where nothing changes.
    """
    there = {item.key: item for item in Item.objects.select_for_update()}
    added, changed = 0, []
    for level, of_level in groupby(sorted(lines, key=lambda line: (line.level, line.key)), key=lambda line: line.level):
        new = []
        for line in of_level:
            item = there.get(line.key)
            if item is None:
                new.append(Item(key=line.key, level=level, parent=there.get(line.parent), **_told(line)))
            elif item.retired_on is not None or any(getattr(item, name) != value for name, value in _told(line).items()):
                for name, value in (*_told(line).items(), ("retired_on", None)):
                    setattr(item, name, value)
                changed.append(item)
        there |= {item.key: item for item in Item.objects.bulk_create(new)}
        added += len(new)
    gone = [there[key] for key in sorted(retire) if key in there and there[key].retired_on is None]
    for item in gone:
        item.retired_on = clock.today()
    if not (added or changed or gone):
        return None
    Item.objects.bulk_update([*changed, *gone], [*TOLD, "retired_on"], batch_size=100)
    return record(
        actor=actor,
        kind=CATALOGUE_SET,
        unit=unit,
        happened_on=clock.today(),
        subject="cases.catalogue",
        data={"source": source, "added": added, "changed": len(changed), "retired": len(gone)},
    )


def _told(line: Line) -> dict[str, str]:
    return {name: getattr(line, name) for name in TOLD}
