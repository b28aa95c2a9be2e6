"""Refusals of the ledger, each a plain sentence in the reader's language."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MESSAGES = {
    "undeclared_kind": _("No room declares entries of kind “%(kind)s”. Declare it in the room's kinds.py."),
    "undeclared_field": _("Entries of kind “%(kind)s” have no field “%(field)s”. Declare it in the room's kinds.py."),
    "wrong_type": _("Field “%(field)s” of “%(kind)s”: found %(found)r, expected %(expected)s."),
    "future": _("%(day)s has not come yet. Choose today or an earlier day."),
    "not_open": _("%(unit)s did not exist yet on %(day)s. Choose a later day."),
    "closed": _("%(unit)s was closed on %(day)s. Choose an earlier day or another unit."),
    "no_actor": _("Nobody is named as doing this. Sign in again and repeat it."),
    "superseded": _("This record was already corrected. Open the newer one and correct that."),
    "taken_back": _("This was already taken back. Record it anew if it took place."),
    "unchanged": _("Nothing was changed, so there is nothing to correct."),
    "no_reason": _("Say why it is corrected. The reason stays beside the old record."),
}


class LedgerError(ValidationError):
    """What was asked cannot be written into the ledger; `code` names the rule."""

    def __init__(self, rule: str, /, **params: Any) -> None:
        super().__init__(MESSAGES[rule], code=rule, params=params)
