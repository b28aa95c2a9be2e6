"""Refusals of the contact points, each a plain sentence that says how to mend it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MESSAGES = {
    "not_a_point": _("%(unit)s was not a contact point on %(day)s. Choose another day or another point."),
    "same_day": _("This visit of %(day)s to %(unit)s is on record already. If there were two, say so below; else all is done."),
    "no_leader": _("Nobody was contact leader of %(unit)s on %(day)s. Ask the county office to name one."),
    "no_person": _("Your account is not tied to a person, so nobody could be named as having come. Ask the administrator."),
    "no_words": _("Write a few words: without them nobody at the point can tell what was meant."),
    "no_reason": _("Say why. The reason stays beside the record."),
    "no_such_move": _("This problem is “%(state)s” by now, so that cannot be done. Look at it again."),
    "own_problem": _("You handled this problem yourself; another person of the point must say whether it is solved."),
}


class LiaisonError(ValidationError):
    """What was asked cannot be recorded; `code` names the rule."""

    def __init__(self, rule: str, /, **params: Any) -> None:
        super().__init__(MESSAGES[rule], code=rule, params=params)
