"""Choices of the list of cases that somebody keeps under a name, for themselves. No act: nothing happened in the county."""

from urllib.parse import urlencode

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import Http404, QueryDict

from lianxin.cases.errors import CaseError
from lianxin.cases.models import SavedFilter
from lianxin.organizations.access import AnyUser

MOST = 20
NAMES = (
    *("q", "whose", "state", "place", "lead", "unit", "item", "exact", "tier", "source", "overdue", "soon", "escalated"),
    *("since", "until", "over_since", "rate", "met", "excluded", "erase", "sort"),
)
"""What of an address is kept; never the page one stood on."""


def saved_filters(user: AnyUser) -> list[SavedFilter]:
    """The reader's own, by name."""
    return list(SavedFilter.objects.filter(user=user.pk).order_by("name"))


@transaction.atomic
def keep(*, actor: AbstractBaseUser, name: str, query: str) -> SavedFilter:
    """Keep the choices of an address under a name, in place of what had that name. Raises CaseError without a name or choices, or
    where too many are kept."""
    asked = QueryDict(query[:2000])
    chosen = urlencode([(word, asked[word][:60]) for word in NAMES if asked.get(word)])
    said = " ".join(name.split())[:40]
    if not said or not chosen or len(chosen) > 500:
        raise CaseError("no_filter")
    others = SavedFilter.objects.filter(user=actor.pk).exclude(name=said)
    if others.count() >= MOST:
        raise CaseError("filters_full", most=MOST)
    kept, _new = SavedFilter.objects.update_or_create(user_id=actor.pk, name=said, defaults={"query": chosen})
    return kept


def drop(*, actor: AbstractBaseUser, pk: int) -> None:
    """Forget one of the actor's own. Raises Http404 where there is none."""
    if not SavedFilter.objects.filter(user=actor.pk, pk=pk).delete()[0]:
        raise Http404
