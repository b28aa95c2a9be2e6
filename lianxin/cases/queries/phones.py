"""A resident's phone, before it is opened."""

from dataclasses import dataclass

from django.http import Http404

from lianxin.cases.actions.phones import may_open_phones
from lianxin.cases.models import Case, Reporter
from lianxin.cases.queries.reach import case_for
from lianxin.organizations.access import AnyUser
from lianxin.organizations.people import QUOTA, masked


@dataclass(frozen=True)
class Opening:
    case: Case
    reporter: Reporter
    masked: str
    """138****1234; empty where none is kept."""
    quota: int = QUOTA


def phone_to_open(user: AnyUser, pk: int, reporter: int) -> Opening:
    """A resident of a case whose phone the user may open. Raises Http404."""
    case = case_for(user, pk)
    if not may_open_phones(user, case):
        raise Http404
    found = case.reporters.filter(pk=reporter).first()
    if found is None:
        raise Http404
    found.case = case
    return Opening(case, found, masked_phone(found))


def masked_phone(reporter: Reporter) -> str:
    """The resident's phone, masked. Empty where none is kept."""
    return masked(reporter.phone, key="case", bound_to=reporter.receipt)
