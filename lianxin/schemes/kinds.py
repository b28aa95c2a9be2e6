"""What schemes write into the ledger."""

from django.utils.translation import gettext_lazy as _

from lianxin.ledger.kinds import Kind, declare

PUBLISHED = "schemes.published"
TRIED = "schemes.tried"
WAIVED = "schemes.waived"
WAIVER_ENDED = "schemes.waiver_ended"
SEALED = "schemes.sealed"
TRIAL_ENDED = "schemes.trial_ended"
DOUBTED = "schemes.doubted"
DOUBT_ANSWERED = "schemes.doubt_answered"


def waiver_subject(scheme: str, clause: str, period: str) -> str:
    """How a waiver names what it waives, in its entry's `subject`."""
    return f"{scheme}/{clause}/{period}"


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
    Kind(WAIVER_ENDED, _("waiver taken back"), {"scheme": str, "clause": str, "period": str}, countable=False),
    Kind(TRIAL_ENDED, _("trial ended"), {"scheme": str, "version": str, "hash": str}, countable=False),
    Kind(DOUBTED, _("standing called wrong"), {"scheme": str, "clause": str, "period": str}, countable=False),
    Kind(DOUBT_ANSWERED, _("answer to what seemed wrong"), {"scheme": str, "clause": str, "period": str}, countable=False),
)
