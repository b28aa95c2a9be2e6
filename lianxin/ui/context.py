"""What every page knows."""

from typing import Any

from django.http import HttpRequest

from lianxin.ledger import clock

TEXT_COOKIE = "text"
LARGE = "large"


def page(request: HttpRequest) -> dict[str, Any]:
    """`today` (local date), `now` (naive UTC) and whether the reader chose large text: by cookie, else by account."""
    chosen = request.COOKIES.get(TEXT_COOKIE)
    user = getattr(request, "user", None)
    large = chosen == LARGE if chosen else bool(getattr(user, "large_text", False))
    return {"today": clock.today(), "now": clock.now(), "large_text": large}
