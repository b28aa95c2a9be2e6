"""What the house itself asks of people, and no room does: a second person's word before a long list leaves it."""

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lianxin.organizations.access import APPROVE, AnyUser
from lianxin.organizations.exports import waiting_for
from lianxin.reminders.notices import Act, Due, Notice, declare


def exports(user: AnyUser, today: date) -> list[Due]:
    """One line for all the lists that others wish to take out."""
    request = waiting_for(user)
    if request is None:
        return []
    address = reverse("export_requests")
    return [
        Due(
            key=f"home.export:{request.pk}",
            unit_code=request.unit.code,
            unit_name=request.unit.name,
            text=_("Somebody asks to take out a list of more than 500 rows: a second person must decide"),
            due=None,
            state="waiting",
            address=address,
            act=Act(_("Look at it"), address),
        )
    ]


declare(Notice("home.exports", _("Lists to be taken out"), APPROVE, exports, waiting=True, travels=False))
