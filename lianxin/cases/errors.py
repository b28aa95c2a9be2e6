"""Refusals of cases, each a plain sentence that says how to mend it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MESSAGES = {
    "no_words": _("Write a few words about what is wrong, so that somebody can help."),
    "no_reason": _("Say why. The reason stays beside the record."),
    "no_such_move": _("This case is “%(state)s” by now, so that cannot be done. Look at it again."),
    "open_part": _("%(unit)s still owes its part. Wait for it, or call it off with a reason."),
    "own_case": _("Your unit leads this case; somebody of another unit must do this."),
    "full": _(
        "%(unit)s leads %(count)s open cases, and %(most)s are the most at once. Finish one first, or let another unit claim."
    ),
    "about_unit": _("This case is not for %(unit)s. Choose another unit."),
    "about_own": _(
        "You belong to %(unit)s, or to a unit beneath it, so a complaint about it cannot come in through you. Let the resident "
        "report it themselves at “Report a problem” (no account needed), or let somebody outside %(unit)s record it."
    ),
    "no_about": _(
        "We found no office “%(found)s” at that place that a complaint can be about. Choose one from the list, or write its code."
        " For a complaint about the county itself, let the resident turn to the county's superior authority."
    ),
    "unit_closed": _("%(unit)s was closed. Choose another unit."),
    "part_twice": _("%(unit)s takes part already."),
    "part_past": _("By when? Choose today or a later day."),
    "part_asked": _("%(unit)s was asked to assist, so it cannot leave by itself. Ask the unit that leads to call it off."),
    "part_over": _("This part is over already. Look at the case again."),
    "pause_length": _("A pause ends on a later day, within %(most)s days. Choose another day."),
    "extension_waits": _("More time was asked for already and is not decided yet."),
    "extension_most": _("More time can be asked for %(times)s times, up to %(most)s working days each."),
    "extension_decided": _(
        "This was decided already, or fell when the case was handled, returned or given to another. Look at the case again."
    ),
    "called_back": _("This resident was called back already, or withdrew."),
    "no_place": _("We do not know this place. Choose it from the list."),
    "no_receipt": _("We found nothing under this receipt. Compare it with your paper, sign by sign: 24 letters and digits."),
    "judged": _("You have answered already; your answer of this round stands. You can reopen the case if it was not solved."),
    "left": _("You withdrew from this case. Report it anew if the problem is still there."),
    "claimed": _("%(unit)s has claimed it already; it is in good hands. Look for another one nearby."),
    "county_decided": _("It was returned so often that the county office decided whose it is; that stands. Ask there."),
    "no_unit": _("We found no unit “%(found)s” that could do this. Choose one from the list, or write its code."),
    "which_unit": _("Several units are called that. Write the code: %(codes)s."),
    "later": _(
        "Reports come in quickly just now. Yours was not lost: leave this page open, it is sent again in %(seconds)s seconds."
    ),
    "day_outside": _("Choose today or a later day, at most three years ahead. What was counted with earlier days stays."),
    "day_so_already": _("It is so already. Choose another day, or look at the year again."),
    "day_name": _("What day is it? Two or three words, such as “Naadam”, that others read in the calendar."),
    "erasure_two": _("Who proposed it does not decide on it. Another person must look."),
    "erasure_over": _(
        "There is nothing to carry out: it was done, a newer proposal or other rules took its place, or it is over 30 days old."
    ),
    "nothing_due": _("Nothing is due by the rules, so there is nothing to propose."),
    "on_hold": _("This case is kept for now, because it is disputed or investigated. Nothing is erased until that is over."),
    "not_on_hold": _("This case is not on hold."),
    "no_phone": _("This resident gave no phone number, or it was erased."),
    "photo_count": _("At most %(most)s photos at once. Send the others as a note later."),
    "photo_large": _("“%(name)s” is larger than %(most)s MB. Take a smaller picture, or send it without."),
    "photo_pixels": _("“%(name)s” has more than %(most)s million pixels. Take a smaller picture, or send it without."),
    "photo_format": _("“%(name)s” is no photo that we can read. JPEG, PNG, WebP and HEIC can be sent."),
    "photo_broken": _("“%(name)s” did not arrive whole, or is damaged. Choose it again, or send your words without it."),
    "api_key_there": _("“%(name)s” has a key already. Revoke it first, or choose another name."),
    "no_api_key": _("There is no key called “%(name)s” in that county, or it was revoked."),
    "no_filter": _("Choose something in the list first, and give it a name."),
    "exclusion_open": _("Leaving it out was asked for already, or it is left out. Look at the case again."),
    "exclusion_two": _("You asked for it yourself: another person of the county office decides."),
    "exclusion_over": _("This was decided already, or there is nothing to lift. Look at the case again."),
    "exclusion_county": _("The county itself leads this case, so nobody here could decide who does not belong to the lead."),
    "filters_full": _("You keep %(most)s already. Forget one first."),
}


class CaseError(ValidationError):
    """What was asked cannot be done; `code` names the rule."""

    def __init__(self, rule: str, /, **params: Any) -> None:
        super().__init__(MESSAGES[rule], code=rule, params=params)
