"""Refusals of organisational life, each a plain sentence that says how to mend it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MESSAGES = {
    "wrong_unit": _("%(unit)s does not hold a %(kind)s. Branches do; a group holds group meetings."),
    "no_topic": _("Say what it was about: without a topic nobody can tell this gathering from another."),
    "same_day": _("%(unit)s already has a %(kind)s on %(day)s. If two were held, say so below; else there is nothing to do."),
    "own_gathering": _("Your unit is the host of this gathering; it is recorded already."),
    "joined": _("%(unit)s already recorded that it took part."),
}


class GatheringError(ValidationError):
    """What was asked cannot be recorded; `code` names the rule."""

    def __init__(self, rule: str, /, **params: Any) -> None:
        super().__init__(MESSAGES[rule], code=rule, params=params)
