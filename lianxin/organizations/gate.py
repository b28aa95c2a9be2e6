"""`@requires`: a view for those whose posts give a permission, on the unit its address names. See docs/access.md."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404, HttpRequest

from lianxin.accounts.gate import Declaration, View, declare
from lianxin.organizations.access import may, unit_for
from lianxin.organizations.models import Unit


def requires(permissions: str = "", *, unit: str | None = None, **methods: str) -> Callable[[View], View]:
    """Declare the permission a view needs; alternatives are joined by `|`.

    permissions: for GET. By keyword, method by method: `requires(GET="record.view", POST="entry.correct")`.
    unit: which argument of the address is a unit's code; that unit must be within the permission's reach.
          Without it the permission anywhere lets the request in, and the query narrows what is seen.

    Absent and forbidden are the same 404.
    """
    declared = {**({"GET": permissions} if permissions else {}), **methods}

    def check(request: HttpRequest, arguments: Mapping[str, Any]) -> None:
        alternatives = declared["GET" if request.method == "HEAD" else request.method or ""].split("|")
        if unit is not None:
            request.unit = unit_for(request.user, arguments[unit], *alternatives)  # type: ignore[attr-defined]
        elif not any(may(request.user, permission) for permission in alternatives):
            raise Http404

    return lambda view: declare(view, Declaration(declared, check))


def unit_of(request: HttpRequest) -> Unit:
    """The unit the address names, as the gate let it through (views declared with `unit=`)."""
    unit: Unit = request.unit  # type: ignore[attr-defined]
    return unit
