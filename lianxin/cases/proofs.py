"""How the steps of cases prove their entries. What was erased proves nothing any more; its entry and the tombstone stay."""

from collections.abc import Collection, Iterator

from lianxin.cases.models import CaseStep
from lianxin.ledger.proof import Proof, ProvedRow, declare


def steps(entries: Collection[int]) -> Iterator[ProvedRow]:
    for step in CaseStep.objects.filter(entry__in=entries, erased_at=None).select_related("case"):
        yield ProvedRow(f"cases_casestep {step.pk}", step.entry_id, step.commitment, step.case.subject)


declare(Proof("cases.steps", steps))
