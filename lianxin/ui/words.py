"""What people type: whether there are words in it at all."""

import unicodedata

UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2065\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000))))
)
"""Signs that draw nothing though they are no spaces: fillers of Hangul, an empty cell of Braille, choosers of a sign's form."""


def words_in(text: str) -> str:
    """The words, without spaces around them; empty where nothing of them can be seen. Within words every sign stays as it is:
    Mongolian and emoji are written with signs that draw nothing by themselves."""
    return text.strip() if any(map(is_seen, text)) else ""


def is_seen(sign: str) -> bool:
    """Whether a sign draws anything by itself. What Unicode does not know yet may be a new emoji, and what is for private use
    the sign of an older Mongolian font: both count."""
    return sign not in UNSEEN and unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zs", "Zl", "Zp")
