"""What liaison writes into the ledger. Schemes count visits, and problems only once the point itself has confirmed them."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lianxin.ledger.kinds import Kind, declare

declare(
    Kind("liaison.researched", pgettext_lazy("visit", "research visit")),
    Kind("liaison.inspected", pgettext_lazy("visit", "inspection")),
    Kind("liaison.visit_voided", _("visit taken back"), countable=False),
    Kind("liaison.problem_handled", _("problem handled"), countable=False),
    Kind("liaison.problem_confirmed", _("problem solved")),
    Kind("liaison.problem_rejected", _("problem not solved yet"), countable=False),
    Kind("liaison.problem_reopened", _("confirmation taken back"), countable=False),
    Kind("liaison.problem_withdrawn", _("problem taken back"), countable=False),
)
