"""Workbook of the catalogue of matters: a county's own items instead of the sample."""

from collections.abc import Iterator, Mapping, Sequence

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from lianxin.cases.actions import set_items
from lianxin.cases.catalogue import KEY, LEVELS, LONGEST_KEY, LONGEST_KEYWORDS, LONGEST_TITLE, LONGEST_TITLE_EN, Line
from lianxin.cases.import_cases import PAST_CASES
from lianxin.cases.models import HandlingMode, Item, Tier
from lianxin.imports.sheets import Changed, Column, Finding, Row, Sheet, Unchanged, Wrong, declare
from lianxin.ledger.models import Batch
from lianxin.organizations.access import IMPORT_UNITS, units_for
from lianxin.organizations.models import Unit, UnitKind

YES, NO = "yes", "no"
OF_THE_LAST = ("tier", "responsible", "mode")
"""What only items of the third level have."""

MESSAGES = {
    "key": _("A key is made of one to three words of small letters, digits and “_”, with dots between: water.supply.outage."),
    "no_parent": _("There is no item %(parent)s above it. Add a row for it, or correct the key."),
    "parent_retired": _("%(parent)s above it is no longer offered. Offer that again, or say “no” here, too."),
    "child_offered": _("%(child)s beneath it is still offered. Say “no” there, too."),
    "missing": _("An item of the third level needs this. Fill it in."),
    "too_much": _("Only items of the third level have this. Leave the cell empty."),
    "unknown": _("There is no such item on record, so it cannot be withdrawn. Delete the row, or correct the key."),
}


def check_items(user: AbstractBaseUser, rows: Sequence[Row]) -> Iterator[Finding]:
    """New, unchanged, changed, or wrong in itself."""
    there = {item.key: item for item in Item.objects.filter(key__in=[row["key"] for row in rows])}
    for row in rows:
        item = there.get(row["key"])
        mistakes = list(_mistakes(row, item))
        yield from mistakes
        if not mistakes and item is not None:
            differences = _differences(row, item)
            yield Changed(row, differences) if differences else Unchanged(row)


def _mistakes(row: Row, item: Item | None) -> Iterator[Wrong]:
    if not KEY.fullmatch(row["key"]):
        yield Wrong(row, "key", MESSAGES["key"])
        return
    last = row["key"].count(".") + 1 == LEVELS
    for name in OF_THE_LAST:
        if last and not row[name]:
            yield Wrong(row, name, MESSAGES["missing"])
        elif row[name] and not last:
            yield Wrong(row, name, MESSAGES["too_much"])
    if item is None and row["offered"] == NO:
        yield Wrong(row, "offered", MESSAGES["unknown"])


def _differences(row: Row, item: Item) -> list[tuple[str, object, object]]:
    stands = {**cells_of(item), "offered": NO if item.retired_on else YES}
    told = {**{name: row[name] or "" for name in stands}, "offered": row["offered"] or YES}
    shown = {column.key: dict(column.choices) for column in COLUMNS}
    return [
        (name, shown[name].get(stands[name], stands[name]), shown[name].get(told[name], told[name]))
        for name in stands
        if stands[name] != told[name]
    ]


def check_levels(user: AbstractBaseUser, rows: Sequence[Row]) -> Iterator[Finding]:
    """What only the whole catalogue tells: every item stands beneath one that is offered as well."""
    offered = {key: retired is None for key, retired in Item.objects.values_list("key", "retired_on")}
    offered |= {row["key"]: row["offered"] != NO for row in rows}
    children: dict[str, str] = {}
    for key in sorted(offered):
        if offered[key]:
            children.setdefault(key.rpartition(".")[0], key)
    for row in rows:
        key, parent = row["key"], row["key"].rpartition(".")[0]
        if offered[key] and parent and parent not in offered:
            yield Wrong(row, "key", MESSAGES["no_parent"], {"parent": parent})
        elif offered[key] and parent and not offered[parent]:
            yield Wrong(row, "offered", MESSAGES["parent_retired"], {"parent": parent})
        elif not offered[key] and key in children:
            yield Wrong(row, "offered", MESSAGES["child_offered"], {"child": children[key]})


def bring_in_items(actor: AbstractBaseUser, rows: Sequence[Row], batch: Batch) -> None:
    retire = {row["key"] for row in rows if row["offered"] == NO}
    lines = [_line(row) for row in rows if row["key"] not in retire]
    set_items(actor=actor, unit=_county_of(actor), lines=lines, retire=retire)


def _line(row: Row) -> Line:
    said: Mapping[str, str] = {name: row[name] for name in OF_THE_LAST if row[name]}
    return Line(row["key"], row["title"], row["title_en"] or "", " ".join((row["keywords"] or "").split()), **said)


def _county_of(actor: AbstractBaseUser) -> Unit:
    """On whose timeline it is written: the importer's own county."""
    county = units_for(actor, IMPORT_UNITS).filter(kind=UnitKind.COUNTY, closed_on=None).order_by("path").first()
    if county is None:
        raise Http404
    return county


def cells_of(item: Item) -> dict[str, str]:
    """What the workbook says of an item, by column."""
    own = {name: getattr(item, name) if item.level == LEVELS else "" for name in OF_THE_LAST}
    return {"title": item.title, "title_en": item.title_en, "keywords": item.keywords, **own}


COLUMNS = (
    Column("key", _("Key"), "text", longest=LONGEST_KEY, help=MESSAGES["key"], example="water.supply.outage"),
    Column("title", _("Title"), "text", longest=LONGEST_TITLE, example="停水断水"),
    Column("title_en", _("Title in English"), "text", required=False, longest=LONGEST_TITLE_EN, example="No water"),
    Column(
        "keywords",
        _("Keywords"),
        "text",
        required=False,
        longest=LONGEST_KEYWORDS,
        help=_("Words of residents by which it is recognised, with spaces between."),
        example="停水 断水 没水",
    ),
    Column(
        "tier",
        _("Urgency"),
        "choice",
        required=False,
        choices=Tier.choices,
        help=_("For items of the third level."),
        example="supply",
    ),
    Column(
        "responsible",
        _("Usually responsible"),
        "choice",
        required=False,
        choices=UnitKind.choices,
        help=_("The kind of unit; for items of the third level."),
        example="village",
    ),
    Column(
        "mode",
        _("How it is done"),
        "choice",
        required=False,
        choices=HandlingMode.choices,
        help=_("For items of the third level."),
        example="agent",
    ),
    Column(
        "offered",
        _("Offered"),
        "choice",
        required=False,
        choices=((YES, _("yes")), (NO, _("no"))),
        help=_("“no”: from now on it is not offered any more; cases keep it. Empty: yes."),
        example=YES,
    ),
)

declare(PAST_CASES)
declare(
    Sheet(
        key="items",
        title=_("Catalogue of matters"),
        permission=IMPORT_UNITS,
        columns=COLUMNS,
        identity=("key",),
        check=check_items,
        check_file=check_levels,
        apply=bring_in_items,
        change=bring_in_items,
        hidden=False,
        help=_("One row for each item, in three levels. Items that are not in the workbook stay as they are."),
    )
)
