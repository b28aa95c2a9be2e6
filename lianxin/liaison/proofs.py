"""How visits and the steps of problems prove their entries."""

from collections.abc import Collection, Iterator

from django.db.models import Exists, OuterRef

from lianxin.ledger.proof import Proof, ProvedRow, declare
from lianxin.liaison.models import ProblemStep, VisitVersion


def visits(entries: Collection[int]) -> Iterator[ProvedRow]:
    for version in VisitVersion.objects.filter(entry__in=entries).select_related("visit"):
        place, visit = f"liaison_visitversion {version.pk}", version.visit
        yield ProvedRow(place, version.entry_id, version.commitment, visit.subject, visit.unit_id)


def steps(entries: Collection[int]) -> Iterator[ProvedRow]:
    """Each step; and of its last step, the state in which it left the problem."""
    later = ProblemStep.objects.filter(problem=OuterRef("problem"), pk__gt=OuterRef("pk"))
    for step in ProblemStep.objects.filter(entry__in=entries).select_related("problem").annotate(passed=Exists(later)):
        problem = step.problem
        place = f"liaison_problemstep {step.pk} (liaison_problem {problem.pk})"
        yield ProvedRow(place, step.entry_id, step.commitment, problem.subject, problem.unit_id)
        if not step.passed and problem.state != step.state:
            step.state = problem.state
            yield ProvedRow(f"liaison_problem {problem.pk}", step.entry_id, step.commitment)


declare(Proof("liaison.visits", visits), Proof("liaison.problems", steps))
