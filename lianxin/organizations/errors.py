"""Refusals about the tree and its people, each a plain sentence that says how to mend it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from lianxin.ui.words import words_in

MESSAGES = {
    "code_taken": _("Code %(code)s already belongs to %(name)s. Every unit has its own code."),
    "wrong_code": _("Code “%(code)s”: use 1 to 32 digits, Latin letters, - or _, as in 152221200203."),
    "wrong_name": _("A name has 1 to %(most)s characters and stands on one line."),
    "same_name": _("%(unit)s is already called that."),
    "unknown_word": _("“%(found)s” is not one of the words we know: %(known)s."),
    "parent_unknown": _("%(code)s names %(parent)s as the unit above it, but no unit before it has that code. Put it first."),
    "root_is_county": _("%(code)s: a county stands alone at the top; every other unit stands beneath one."),
    "county_stays": _("%(unit)s is a county; it stands at the top and cannot be moved."),
    "worked_later": _("%(unit)s has records up to %(day)s. Choose a day after them."),
    "parent_not_open": _("%(parent)s was not open on %(day)s. Choose a later day or another parent."),
    "beneath_itself": _("%(unit)s cannot stand beneath %(parent)s, which stands beneath it."),
    "same_parent": _("%(unit)s already stands beneath %(parent)s."),
    "moved_later": _("%(unit)s was already changed on %(day)s. Choose that day or a later one."),
    "same_unit": _("A unit cannot be merged into itself."),
    "has_children": _("%(count)s units still stand beneath %(unit)s: %(names)s. Move or close them first."),
    "already_closed": _("%(unit)s has been closed since %(day)s."),
    "closed_before_opened": _("%(unit)s opened on %(opened)s; it cannot close on %(day)s or earlier."),
    "already_designated": _("%(unit)s already is a %(designation)s on %(day)s."),
    "not_designated": _("%(unit)s is not a %(designation)s on %(day)s."),
    "derived_fact": _("“%(key)s” is worked out from posts and elections; it cannot be typed."),
    "unknown_fact": _("“%(key)s” is not a fact we keep. Known: %(known)s."),
    "wrong_fact": _("“%(key)s”: found “%(value)s”, expected %(expected)s."),
    "too_few": _("A committee needs a secretary. Name who was elected secretary."),
    "too_many": _("A committee has at most %(most)s members; %(found)s were named."),
    "named_twice": _("%(person)s is named twice."),
    "too_early": _("The last election was on %(last)s; %(day)s is more than a year before the term ends on %(due)s."),
    "post_held": _("%(person)s already holds this post since %(day)s."),
    "member_already": _("%(person)s already belongs to %(unit)s since %(day)s."),
    "no_member": _("%(person)s does not belong to %(unit)s today."),
    "election_later": _("%(unit)s has an election on record on %(last)s. Choose a later day."),
    "post_over": _("This post ended on %(day)s."),
    "ends_before_start": _("It began on %(since)s; it cannot end on %(until)s or earlier."),
    "future": _("%(day)s has not come yet. Choose today or an earlier day."),
    "person_taken": _("Person code %(code)s already belongs to %(name)s."),
    "phone": _("Phone: found “%(found)s”, expected a mobile number of 11 digits or a landline with its area code."),
    "phone_broken": _("This phone cannot be opened with the keys of this installation. Bring back the right “keys” folder."),
    "no_phone": _("No phone is kept for %(person)s."),
    "reason_short": _("Say in a few words why you need it (at least 5 characters). The person concerned will read it."),
    "quota": _("You opened %(most)s phones today; that is the most for one day. Tomorrow it goes on."),
    "no_unit": _("%(person)s holds no post and no membership today. Give one first; rights come from it."),
    "no_account": _("%(person)s has no account."),
    "account_closed": _("The account of %(person)s is closed already."),
    "own_account": _("You cannot close your own account. Another administrator can."),
    "too_many_rows": _("%(rows)s rows are more than %(most)s. Narrow the list."),
    "not_approved": _("More than %(most)s rows need the consent of a second person of the county office."),
    "decided": _("This request was decided already."),
    "own_request": _("Somebody else must decide on your request."),
    "no_reason": _("Say why. The reason stays beside the record."),
}


class OrganizationError(ValidationError):
    """What was asked of the tree cannot be done; its `code` names the rule."""

    def __init__(self, rule: str, /, **params: Any) -> None:
        super().__init__(MESSAGES[rule], code=rule, params=params)


def need_reason(reason: str) -> None:
    """Raises OrganizationError where nobody said why."""
    if not words_in(reason):
        raise OrganizationError("no_reason")


def known_word(words: type[TextChoices], found: str) -> Any:
    """The choice of that name. Raises OrganizationError naming those there are."""
    if found not in words.values:
        raise OrganizationError("unknown_word", found=found, known=", ".join(words.values))
    return words(found)
