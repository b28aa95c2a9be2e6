"""Refusals of accounts, each a plain sentence in the reader's language."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MESSAGES = {
    "name_taken": _("The sign-in name “%(name)s” is taken. Choose another, for example with a number at its end."),
    "link_dead": _("This link was used, withdrawn or is too old. Ask whoever gave it to you for a new one."),
}


class AccountError(ValidationError):
    """What was asked cannot be done to an account; `code` names the rule."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(MESSAGES[code], code=code, params=params)
