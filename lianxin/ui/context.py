"""What every page knows."""

from django.http import HttpRequest

from lianxin.ledger import clock


def page(request: HttpRequest) -> dict[str, object]:
    return {"today": clock.today()}
