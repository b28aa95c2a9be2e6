"""What schemes write into the ledger."""

from django.utils.translation import gettext_lazy as _

from lianxin.ledger.kinds import Kind, declare

PUBLISHED = "schemes.published"
TRIED = "schemes.tried"
WAIVED = "schemes.waived"
SEALED = "schemes.sealed"

declare(
    Kind(PUBLISHED, _("scheme published"), {"scheme": str, "version": str, "hash": str}, countable=False),
    Kind(TRIED, _("scheme put on trial"), {"scheme": str, "version": str, "hash": str}, countable=False),
    Kind(WAIVED, _("clause waived"), {"scheme": str, "clause": str, "period": str}, countable=False),
    Kind(
        SEALED,
        _("period sealed"),
        {"scheme": str, "version": str, "hash": str, "period": str, "rows": int, "undeclared": str},
        countable=False,
    ),
)
