"""How reasons prove their entries."""

from collections.abc import Collection, Iterator

from lianxin.ledger.actions import reason_commitment
from lianxin.ledger.models import Reason
from lianxin.ledger.proof import Proof, ProvedRow, declare


def reasons(entries: Collection[int]) -> Iterator[ProvedRow]:
    # Without a salt: written before reasons were proved, so that its entry knows nothing of it.
    for reason in Reason.objects.filter(entry__in=entries).exclude(salt=""):
        yield ProvedRow(f"ledger_reason {reason.pk}", reason.entry_id, reason_commitment(reason))


declare(Proof("ledger.reasons", reasons))
