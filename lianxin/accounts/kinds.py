"""What accounts write into the ledger."""

from django.utils.translation import gettext_lazy as _

from lianxin.ledger.kinds import Kind, declare

declare(
    Kind("accounts.invited", _("invited to sign in"), {"account": int}, countable=False, logged=True),
    Kind("accounts.accepted", _("accepted the invitation"), {"account": int}, countable=False, logged=True),
    Kind("accounts.revoked", _("invitation withdrawn"), {"account": int}, countable=False, logged=True),
    Kind("accounts.deactivated", _("account closed"), {"account": int}, countable=False, logged=True),
)
