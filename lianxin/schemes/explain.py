"""Why a unit stands as it does: the rule, the figures, the entries that counted, those that did not and why not."""

from django.utils import formats
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from lianxin.schemes.scheme import Clause, Every, Scheme, Title
from lianxin.schemes.standings import StandingRow


def here(title: Title) -> str:
    """A scheme's own text in the reader's language."""
    return title.in_language(get_language() or "zh-hans")


def say_day(day: object) -> str:
    """A day as people write it: 12月31日, 31 Dec."""
    return formats.date_format(day, pgettext("day and month", "j M"), use_l10n=False)  # type: ignore[arg-type]


def say_missing(row: StandingRow, scheme: Scheme) -> str:
    """One line: how far it has come, what is missing, by when. “检查指导 2/3，还差1次，12月31日前”."""
    clause: Clause | None = scheme.clause(row.clause)
    title = here(row.clause_title)
    if row.state in ("not_applicable", "waived", "unknown"):
        return title
    if clause is not None and isinstance(clause.test, Every):
        if row.due is None:
            return title
        if row.alert == "overdue":
            return _("%(title)s: was due %(day)s") % {"title": title, "day": say_full(row.due)}
        return _("%(title)s: due %(day)s") % {"title": title, "day": say_full(row.due)}
    if row.n is None or row.need is None:
        return title
    count = f"{title} {row.n}/{row.need}"
    if not row.missing:
        return count
    short = ngettext("%(count)s, %(missing)s to go", "%(count)s, %(missing)s to go", row.missing) % {
        "count": count,
        "missing": row.missing,
    }
    if row.due is None or row.state == "unmet":
        return short
    return _("%(short)s, by %(day)s") % {"short": short, "day": say_day(row.due)}


def say_full(day: object) -> str:
    """A day with its year."""
    return formats.date_format(day, pgettext("day, month and year", "j M Y"), use_l10n=False)  # type: ignore[arg-type]
