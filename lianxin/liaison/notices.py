"""What waits for people at contact points, and which page records what."""

from datetime import date
from functools import partial

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from lianxin.liaison import queries
from lianxin.liaison.models import Problem, VisitKind
from lianxin.organizations.access import VISIT_RECEIVE, VISIT_RECORD, AnyUser
from lianxin.reminders.notices import Act, Due, Notice, declare, records


def new_visit(kind: str, code: str) -> str:
    return f"{reverse('new_visit')}?{urlencode({'unit': code, 'kind': kind})}"


def new_problem(code: str) -> str:
    return f"{reverse('new_problem')}?{urlencode({'unit': code})}"


def to_confirm(user: AnyUser, today: date) -> list[Due]:
    return [_due(problem, _("Is the problem solved?"), Act(_("Answer"), _page(problem))) for problem in queries.waiting_for(user)]


def to_handle_again(user: AnyUser, today: date) -> list[Due]:
    words = _("Not solved yet, the point says")
    return [_due(problem, words, Act(_("Handle again"), _page(problem))) for problem in queries.returned_to(user)]


def awaited(user: AnyUser, today: date) -> list[Due]:
    words = _("Waits for the point to say whether it is solved")
    return [_due(problem, words, None) for problem in queries.awaited_by(user)]


def _due(problem: Problem, text: object, act: Act | None) -> Due:
    return Due(
        key=f"liaison.problem:{problem.pk}:{problem.state}",
        unit_code=problem.unit.code,
        unit_name=problem.unit.name,
        text=text,  # type: ignore[arg-type]  # a lazy translation
        due=None,
        state="waiting",
        address=_page(problem),
        act=act,
    )


def _page(problem: Problem) -> str:
    return reverse("problem", args=[problem.pk])


declare(
    Notice("liaison.confirmations", _("Problems waiting for your answer"), VISIT_RECEIVE, to_confirm, waiting=True),
    Notice("liaison.returned", _("Problems that came back"), VISIT_RECORD, to_handle_again, waiting=True),
    Notice("liaison.awaited", _("Problems waiting to be confirmed"), VISIT_RECORD, awaited, with_others=True, travels=False),
)
records(
    "liaison.researched",
    _("Record a research visit"),
    permission=VISIT_RECORD,
    address=lambda code: new_visit(VisitKind.RESEARCH, code),
)
records(
    "liaison.inspected",
    _("Record an inspection"),
    permission=VISIT_RECORD,
    address=lambda code: new_visit(VisitKind.INSPECTION, code),
)
records("liaison.problem_confirmed", _("Record a problem handled"), permission=VISIT_RECORD, address=new_problem)
# The point itself records what it received, on the same page.
for kind, words in (("researched", VisitKind.RESEARCH), ("inspected", VisitKind.INSPECTION)):
    records(
        f"liaison.{kind}",
        _("Record a visit received"),
        permission=VISIT_RECEIVE,
        address=partial(new_visit, words),
    )
