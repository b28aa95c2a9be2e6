"""Forms, opened and filled in as a browser without JavaScript would."""

import re
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.test import Client

KEY = re.compile(r'name="submission" value="([^"]+)"')


def fill(client: Client, address: str, **said: Any) -> dict[str, Any]:
    """Open a form and fill it in: what stands there already, and `said` on top; empty and unticked fields are not sent."""
    page = client.get(address)
    assert page.status_code == 200
    form = page.context["form"]
    started = {name: form[name].value() for name in form.fields}
    started = {name: value.isoformat() if isinstance(value, date) else value for name, value in started.items()}
    return {name: value for name, value in {**started, **said}.items() if value not in (None, "", False)}


def keys_on(page: HttpResponse) -> list[str]:
    """The submission keys on a page, one for each of its forms."""
    return KEY.findall(page.content.decode())
