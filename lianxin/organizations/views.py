"""Pages of the tree: browse and search it, one unit, what happened there, its people, its committees, one entry."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from lianxin.ledger.moments import moment_asked
from lianxin.organizations import committees as terms_of_office
from lianxin.organizations import panels, queries
from lianxin.organizations.access import ENTRY_VIEW, EXPORT, PEOPLE_VIEW, RECORD_VIEW, STANDING_VIEW, may
from lianxin.organizations.forms import PeopleFilter, UnitsFilter
from lianxin.organizations.gate import requires, unit_of
from lianxin.organizations.people import masked_phone
from lianxin.organizations.words import fact_lines, kind_words, lines


@requires(STANDING_VIEW)
def tree(request: HttpRequest) -> HttpResponse:
    """Browse and search, as it was on any day."""
    moment, asked = moment_asked(request.GET), request.GET
    shown = queries.tree(request.user, moment, at=asked.get("at", ""), search=asked.get("q", ""), page=asked.get("page", 1))
    return render(request, "organizations/tree.html", {"tree": shown, **moment.context})


@requires(STANDING_VIEW, unit="code")
def unit(request: HttpRequest, code: str) -> HttpResponse:
    """One unit: where it stands, how it stands, what happened, who holds which post, what is beneath."""
    moment, asked = moment_asked(request.GET), unit_of(request)
    shown = queries.unit_page(request.user, asked, moment)
    page = {
        "shown": shown,
        "lines": lines(request.user, shown.entries, asked),
        "panels": panels.unit_panels(request.user, asked, moment, shown.counts),
        "acts": queries.acts_on(request.user, asked),
        "facts": fact_lines(shown.facts),
    }
    return render(request, "organizations/unit.html", {**page, **moment.context})


@requires(ENTRY_VIEW, unit="code")
def history(request: HttpRequest, code: str) -> HttpResponse:
    """Everything that happened at a unit."""
    moment, asked, kind = moment_asked(request.GET), unit_of(request), request.GET.get("kind", "")
    entries = queries.timeline(request.user, asked, moment)
    kinds = [(name, kind_words(name)) for name in queries.kinds_in(entries)]
    page = Paginator(entries.filter(kind=kind) if kind else entries, queries.PAGE_SIZE).get_page(request.GET.get("page"))
    shown = {"unit": asked, "page": page, "lines": lines(request.user, page, asked), "kinds": kinds, "kind": kind}
    shown["may_export"] = may(request.user, EXPORT, asked)
    return render(request, "organizations/history.html", {**shown, **moment.context})


@requires(STANDING_VIEW, unit="code")
def units_beneath(request: HttpRequest, code: str) -> HttpResponse:
    """The units beneath one, by kind, field and designation: what figures about units open to."""
    moment, asked, chosen = moment_asked(request.GET), unit_of(request), UnitsFilter(request.GET)
    rows = queries.units_beneath(request.user, asked, moment, **chosen.choices())
    page = Paginator(rows, queries.PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "organizations/units.html", {"unit": asked, "page": page, "filter": chosen, **moment.context})


@requires(PEOPLE_VIEW, unit="code")
@never_cache
def people(request: HttpRequest, code: str) -> HttpResponse:
    """The people of a unit and beneath it: what figures about people open to."""
    moment, asked, chosen = moment_asked(request.GET), unit_of(request), PeopleFilter(request.GET)
    found = queries.people_of(request.user, asked, moment, **chosen.choices())
    page = Paginator(found, queries.PAGE_SIZE).get_page(request.GET.get("page"))
    shown = {
        "unit": asked,
        "page": page,
        "rows": [(role, masked_phone(role.person)) for role in queries.roles_of(request.user, list(page), moment)],
        "filter": chosen,
        "acts": queries.acts_on(request.user, asked),
        "may_export": may(request.user, EXPORT, asked),
    }
    return render(request, "organizations/people.html", {**shown, **moment.context})


@requires(PEOPLE_VIEW)
@never_cache
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person, as rights allow: posts and memberships within one's reach, the phone masked."""
    shown = queries.person_page(request.user, pk)
    return render(request, "organizations/person.html", {"shown": shown, "masked": masked_phone(shown.person)})


@requires(STANDING_VIEW)
def elections(request: HttpRequest) -> HttpResponse:
    """Whose elections (换届) are overdue or fall due."""
    moment = moment_asked(request.GET)
    shown = terms_of_office.elections_page(request.user, moment, request.GET)
    return render(request, "organizations/elections.html", {"shown": shown, **moment.context})


@requires(RECORD_VIEW, unit="code")
def committees(request: HttpRequest, code: str) -> HttpResponse:
    """The committees beneath a unit: size, average age, one shoulder, end of term."""
    moment, asked = moment_asked(request.GET), unit_of(request)
    shown = terms_of_office.committees_page(request.user, asked, moment, request.GET)
    return render(request, "organizations/committees.html", {"unit": asked, "shown": shown, **moment.context})


@requires(ENTRY_VIEW)
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry: what, where, when, by whom, on what evidence, what it corrects and what corrected it."""
    moment, found = moment_asked(request.GET), queries.entry_for(request.user, pk)
    others = [other for other in (found.supersedes, queries.newer(found)) if other is not None]
    shown = {
        "entry": found,
        "lines": lines(request.user, [found, *others], found.unit),
        "panels": panels.entry_panels(request.user, found, moment),
    }
    return render(request, "organizations/entry.html", {**shown, **moment.context})
