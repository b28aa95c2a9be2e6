"""Whether the house stands, for a proxy or a watchman to ask."""

from django.db import connection
from django.http import HttpRequest, HttpResponse

from lianxin.accounts.gate import public


@public
def health(request: HttpRequest) -> HttpResponse:
    """“ok” when pages and database answer; else the failure page with its status."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")
