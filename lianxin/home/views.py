"""The front door, the desk, the board, the brief. Everything here only reads."""

from collections.abc import Callable, Hashable

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache

from lianxin.accounts.gate import public, signed_in
from lianxin.accounts.models import User
from lianxin.accounts.proof import recent_sign_in
from lianxin.home import board as boards
from lianxin.home import desk as desks
from lianxin.home.brief import brief_of
from lianxin.home.choice import View, asked_unit, view_for
from lianxin.home.forms import ChoiceForm
from lianxin.home.opened import figure_opened
from lianxin.ledger import clock
from lianxin.ledger.kept import Kept, ledger_head, one_look
from lianxin.organizations.access import ACCOUNTS_MANAGE, ENTRY_VIEW, EXPORT, STANDING_VIEW, grants_for, may
from lianxin.organizations.export_pages import answer
from lianxin.organizations.gate import requires

PAGE_SIZE = 50


@public
def front_door(request: HttpRequest) -> HttpResponse:
    """What a stranger meets first. Whoever is signed in goes to the desk."""
    if request.user.is_authenticated:
        return redirect("desk")
    return render(request, "home/front_door.html")


@signed_in
@one_look()
def desk(request: HttpRequest) -> HttpResponse:
    """What I owe, by due date; what waits for me; what changed since last time."""
    assert isinstance(request.user, User)
    user, since = request.user, desks.look(request.user).before
    shown = {
        "main": written_once(request, "home/_desk.html", user.pk, lambda: {"desk": desks.desk_of(user)}),
        "aside": written_once(request, "home/_beside.html", (user.pk, since), lambda: {"beside": desks.beside(user, since)}),
    }
    return render(request, "home/desk.html", shown)


@requires(ENTRY_VIEW)
@one_look()
def changes(request: HttpRequest) -> HttpResponse:
    """Everything others recorded in my units since my last visit."""
    assert isinstance(request.user, User)
    entries = desks.changes_for(request.user, desks.look(request.user).before)
    shown = Paginator(entries, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "home/changes.html", {"page": shown, "events": desks.events_of(shown)})


@requires(STANDING_VIEW)
@one_look()
def board(request: HttpRequest) -> HttpResponse:
    """Schemes × townships, on any day."""
    form, view = asked(request)

    def shown() -> dict[str, object]:
        return {"form": form, "view": view, "choice": view.choice, "board": boards.board_of(view)}

    key = (view.choice, request.GET.get("unit", ""), tuple(form.problems))
    return page(request, "home/board.html", form, view, {"content": written_once(request, "home/_board.html", key, shown)})


@requires(STANDING_VIEW)
@one_look()
def board_units(request: HttpRequest) -> HttpResponse:
    """What lies behind a number: exactly so many units, with the rule."""
    form, view = asked(request)
    found = boards.units_behind(view)
    rows = boards.in_order(found.rows, request.GET.get("sort", ""))
    shown = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return page(
        request,
        "home/board_units.html",
        form,
        view,
        {"found": found, "page": shown, "places": boards.way_back(view), "may_export": may(request.user, EXPORT, view.unit)},
    )


@requires(GET=EXPORT, POST=EXPORT)
@recent_sign_in
@never_cache
def export_standings(request: HttpRequest) -> HttpResponse:
    """The units behind a number, taken out with a reason."""
    return answer(request, boards.units_to_take_out(asked(request)[1]))


@requires(STANDING_VIEW)
@one_look()
def brief(request: HttpRequest) -> HttpResponse:
    """The brief, for reading and printing; each number opens."""
    form, view = asked(request)
    return page(request, "home/brief.html", form, view, {"brief": brief_of(view)})


@requires(STANDING_VIEW)
@one_look()
def figure(request: HttpRequest, key: str) -> HttpResponse:
    """The rows of a declared figure."""
    form, view = asked(request)
    found = figure_opened(view, key, request.GET.get("part", ""))
    shown = Paginator(found.rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return page(request, "home/figure.html", form, view, {"found": found, "page": shown, "lines": found.lines(shown)})


_written: Kept[SafeString] = Kept(256)


def written_once(request: HttpRequest, template: str, key: Hashable, make: Callable[[], dict[str, object]]) -> SafeString:
    """A part of a page, written once for readers of the same rights and language until the ledger or the day changes.

    The ledger's head and the reader's grants are asked for each time: what is kept is never stale, and never somebody else's.
    See docs/adr/0007. Accounts are no part of the ledger: for who manages them everything is written anew.
    """
    if may(request.user, ACCOUNTS_MANAGE):
        return render_to_string(template, make(), request)
    place = (template, key, frozenset(grants_for(request.user)), get_language(), clock.today())
    return _written.get(place, ledger_head(), lambda: render_to_string(template, make(), request))


def asked(request: HttpRequest) -> tuple[ChoiceForm, View]:
    """What the address asks for, and what this reader sees of it."""
    form = ChoiceForm(request.GET)
    form.is_valid()
    unit = asked_unit(request.user, form.cleaned_data.get("unit", ""))
    return form, view_for(request.user, unit, form.choice(unit.code))


def page(request: HttpRequest, template: str, form: ChoiceForm, view: View, shown: dict[str, object]) -> HttpResponse:
    """A page of figures; where part of the address could not be understood it says so, with status 400."""
    choice = view.choice
    context = {"form": form, "view": view, "choice": choice, "as_of": choice.as_of, "known_as_of": choice.known_as_of}
    return render(request, template, {**context, **shown}, status=400 if form.problems else 200)
