"""The front door, the desk, the board, the brief. Everything here only reads."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from lianxin.accounts.gate import public, signed_in


@public
def front_door(request: HttpRequest) -> HttpResponse:
    """What a stranger meets first. Whoever is signed in goes to the desk."""
    if request.user.is_authenticated:
        return redirect("desk")
    return render(request, "home/front_door.html")


@signed_in
def desk(request: HttpRequest) -> HttpResponse:
    """What I owe, by due date; what waits for me; what changed since last time."""
    return render(request, "home/desk.html")
