"""What the working pages call each move: its button, and one sentence on what follows from it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lianxin.cases.models import State


@dataclass(frozen=True)
class Saying:
    """A move as a person reads it."""

    button: str | Promise
    means: str | Promise = ""


SAYINGS: dict[str, Saying] = {
    "claim": Saying(
        _("Claim it"), _("Your unit takes it up, answers the resident and leads until the resident says it is solved.")
    ),
    "release": Saying(_("Let it in"), _("It is a real report: it goes to the pool and its time begins to run.")),
    "decline": Saying(_("Not take it up"), _("The resident reads your reason and may object.")),
    "designate": Saying(_("Name who leads"), _("The unit you name leads from now on; its time begins to run.")),
    "decide": Saying(_("Decide who leads"), _("The unit you name leads from now on, or the same one again. The clock runs on.")),
    "answer": Saying(_("Answer the resident"), _("The resident reads it: who has it, what happens next, and by when.")),
    "sort": Saying(_("Name the matter"), _("How long each step may take follows from it; its clocks are reckoned anew.")),
    "plan": Saying(_("Analyse and plan"), _("What lies behind it, what you plan, which measures you take.")),
    "handle": Saying(
        _("Handled"), _("The resident reads what was done and says whether it is solved. A “no” brings it back to you.")
    ),
    "do_part": Saying(_("Our part is done"), _("Say what your unit did. The unit that leads goes on from there.")),
    "leave_group": Saying(
        _("Leave the group"),
        _("Your unit owes nothing more. The unit that leads goes on, and reads why you left."),
    ),
    "ask": Saying(_("Ask another unit to assist"), _("It has its own day. The case cannot be handled before its part is done.")),
    "call_off": Saying(
        _("Call off a part"), _("The unit asked no longer needs to do its part. Nothing is called off by itself.")
    ),
    "pause": Saying(
        pgettext_lazy("case", "Pause"), _("The clock of handling stands still until that day. The resident reads why.")
    ),
    "resume": Saying(pgettext_lazy("case", "Go on"), _("The clock of handling runs on.")),
    "ask_extension": Saying(_("Ask for more time"), _("Those above decide. Until then the clock runs on.")),
    "extend": Saying(_("Decide on more time"), _("Granted working days are added to the clock of handling.")),
    "return": Saying(_("Return it"), _("Those above decide whose it is. Until then your unit keeps leading.")),
    "transfer": Saying(_("Give it to another unit"), _("The unit you name leads from now on. The clock runs on.")),
    "decide_exclusion": Saying(
        _("Decide on leaving it out"),
        _("Granted, the adjusted figures leave it out, and it stands in the list of what was left out. The raw ones keep it."),
    ),
    "lift_exclusion": Saying(_("Count it again"), _("The adjusted figures count it again.")),
    "ask_exclusion": Saying(
        _("Leave it out of the adjusted figures"),
        _("Another person of the county office decides. The raw figures keep it, and nothing changes for the resident."),
    ),
}
"""In the order in which they are offered: what brings the case forward first."""

NEXT: dict[str, str | Promise] = {
    State.QUARANTINED: _("Somebody looks whether it is a real report, and lets it in or says why not."),
    State.UNCLAIMED: _("A branch or team nearby claims it. If nobody does in time, those above name who leads."),
    State.DISPATCH: _("Those above name who leads; until then it can still be claimed."),
    State.LED: _("The unit that leads works on it and says what was done."),
    State.CONTESTED: _("Those above decide whose it is; until then the same unit leads."),
    State.PAUSED: _("It goes on when the pause is over, or sooner."),
    State.HANDLED: _("The resident says whether it is solved. Without an answer it is closed, and never counted as satisfied."),
    State.SOLVED: _("Nothing: the resident says it is solved. It can be reopened at any time."),
    State.PRESUMED: _("Nothing: it was closed without an answer. The resident can reopen it at any time."),
    State.WITHDRAWN: _("Nothing: the resident withdrew it."),
    State.DECLINED: _("Nothing, unless the resident objects."),
}
"""What comes next, by state."""
