"""The catalogue of matters that comes with the product: data/catalogue.yaml, read and checked. 示例; a county has its own."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from lianxin.cases.data_files import FOLDER, DataError, Told, read
from lianxin.cases.models import HandlingMode, Tier
from lianxin.organizations.models import UnitKind

FILE = FOLDER / "catalogue.yaml"
LEVELS = 3
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,2}")
"""`water.supply.outage`: as many words as its level."""
LONGEST_KEY, LONGEST_TITLE, LONGEST_TITLE_EN, LONGEST_KEYWORDS = 40, 80, 120, 500


@dataclass(frozen=True)
class Line:
    """One item as a file or a workbook tells it. What stands above others has no tier or mode of its own."""

    key: str
    title: str
    title_en: str = ""
    keywords: str = ""
    tier: str = Tier.ORDINARY.value
    responsible: str = ""
    mode: str = HandlingMode.AGENT.value

    @property
    def level(self) -> int:
        return self.key.count(".") + 1

    @property
    def parent(self) -> str:
        """The key of the item above; empty for the first level."""
        return self.key.rpartition(".")[0]


@dataclass(frozen=True)
class Catalogue:
    """The file, checked: its lines from above to below."""

    version: str
    lines: Sequence[Line]


def read_catalogue(text: str, file: str = FILE.name) -> Catalogue:
    """A catalogue from the text of a file. Raises DataError with the place, what was found and what was expected."""
    told = read(text, file).fields("version", "items", optional=("note",))
    return Catalogue(told["version"].text(20), tuple(_lines(told["items"], "", 1)))


def sample() -> Catalogue:
    """The catalogue that comes with the product."""
    return read_catalogue(FILE.read_text(encoding="utf-8"))


def _lines(told: Told, above: str, level: int) -> Iterator[Line]:
    for word, one in told.entries():
        key = f"{above}.{word}" if above else word
        if not KEY.fullmatch(key) or len(key) > LONGEST_KEY or key.count(".") + 1 != level:
            raise DataError(
                one.file, one.place, f"“{word}”", _("a key of small letters, digits and “_”, at most 40 with those above")
            )
        if level == LEVELS:
            yield _item(key, one)
            continue
        fields = one.fields("title", "children")
        title, title_en = fields["title"].items(2)
        yield Line(key, title.text(LONGEST_TITLE), title_en.text(LONGEST_TITLE_EN))
        yield from _lines(fields["children"], key, level + 1)


def _item(key: str, told: Told) -> Line:
    title, title_en, keywords, tier, responsible, mode = told.items(6)
    return Line(
        key,
        title.text(LONGEST_TITLE),
        title_en.text(LONGEST_TITLE_EN),
        " ".join(keywords.text(LONGEST_KEYWORDS, empty=True).split()),
        tier.one_of(Tier.values),
        responsible.one_of(UnitKind.values),
        mode.one_of(HandlingMode.values),
    )
