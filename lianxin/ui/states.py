"""Every state, pace and alert of a standing: its word, its shape, its colour. Colour never stands alone."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

UNKNOWN_WORD = _("unknown")

MET, BEHIND, BAD, GREY = "met", "behind", "bad", "grey"
"""The tones of the style sheet: jade, amber, cinnabar, grey."""


@dataclass(frozen=True)
class State:
    word: str | Promise
    shape: str
    tone: str


STATES = {
    # states
    "met": State(_("met"), "●", MET),
    "met_late": State(_("met late"), "●", MET),
    "pending": State(_("in progress"), "○", GREY),
    "not_started": State(_("not started"), "○", GREY),
    "unmet": State(_("not met"), "▲", BAD),
    "waived": State(_("waived"), "–", GREY),
    "not_applicable": State(_("not applicable"), "–", GREY),
    "unknown": State(UNKNOWN_WORD, "?", GREY),
    # paces
    "on_track": State(_("on track"), "○", MET),
    "behind": State(_("behind"), "◐", BEHIND),
    "impossible": State(_("can no longer be met"), "▲", BAD),
    # alerts
    "due_soon": State(_("due soon"), "◐", BEHIND),
    "overdue": State(_("overdue"), "▲", BAD),
    # of entries and forms
    "trial": State(_("trial"), "◇", GREY),
    "superseded": State(_("corrected since"), "×", GREY),
    "waiting": State(_("waiting for confirmation"), "◐", BEHIND),
    "confirmed": State(_("confirmed"), "●", MET),
}


def find(name: str) -> State:
    """The state of that name; a name nobody declared is shown as unknown rather than breaking the page."""
    return STATES.get(str(name), STATES["unknown"])
