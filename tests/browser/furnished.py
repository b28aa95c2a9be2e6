"""The house every browser test looks at: the small world with something in every room, and a way into each page.

python -m tests.browser.furnished    furnishes the empty folder of LIANXIN_HOME (called once per run, by conftest.py)
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

NOTES = "furnished.json"
TODAY = "2026-10-15"
THIS_MORNING = "2026-10-14T16:00:00"
"""When everybody proved who they are, naive UTC: the first moment of the day in Asia/Shanghai. urls.py lets it hold all day."""
ENVIRONMENT = {"LIANXIN_TODAY": TODAY, "DJANGO_SETTINGS_MODULE": "tests.browser.settings"}

NO_PAGES = {
    "health": "a word for machines",
    "calendar_feed": "a calendar",
    "catalogue_workbook": "a workbook",
    "import_template": "a workbook",
    "import_mistakes": "a workbook",
    "account_login": "the same address as sign_in",
    "mfa_login_webauthn": "what the browser's passkey asks",
    "mfa_authenticate": "stands between two steps of one sign-in",
    "demo_roles": "exists in a demonstration only",
    "story": "asks for a receipt: test_residents.py",
    "receipt_act": "where a receipt's forms are sent",
    "close_receipt": "forgets a receipt",
    "photo": "a picture",
    **dict.fromkeys(("open311_discovery", "open311_discovery_beside", "open311_services", "open311_service"), "for machines"),
    **dict.fromkeys(("open311_token", "open311_requests", "open311_request"), "for machines"),
}
"""Addresses that answer GET and are not pages a person opens here, with the reason."""


@dataclass(frozen=True)
class Furnished:
    """The session of each named person, and of each URL name: who opens it, and where."""

    sessions: dict[str, str]
    pages: dict[str, tuple[str | None, str]]

    @classmethod
    def of(cls, folder: Path) -> "Furnished":
        return cls(**json.loads((folder / NOTES).read_text()))


def furnish() -> None:
    from lianxin.config.folder import current_folder

    folder = current_folder()
    folder.make()
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from lianxin.accounts.proof import PROVED_AT
    from tests.access import objects, rights
    from tests.world import make_world

    call_command("migrate", verbosity=0)
    world = make_world()
    objects.inhabit(world)
    sessions = {}
    for name in world.people:
        client = world.client(name)
        session = client.session
        session[PROVED_AT] = THIS_MORNING
        session.save()
        sessions[name] = client.cookies[settings.SESSION_COOKIE_NAME].value
    pages = {**_of_the_matrix(world, rights.ROLES), **out_of_the_way(world)}
    (folder.path / NOTES).write_text(json.dumps({"sessions": sessions, "pages": pages}))


def _of_the_matrix(world: Any, roles: Any) -> dict[str, tuple[str | None, str]]:
    """Of each address that answers GET: the first object somebody is served, and who."""
    from tests.access import objects
    from tests.access.town import ROWS, address, expected

    found: dict[str, tuple[str | None, str]] = {}
    for name, row in ROWS.items():
        if "GET" not in row.methods or row.absent or name in NO_PAGES:
            continue
        if row.methods["GET"] == "public":
            found[name] = (None, address(name, row, {}))
            continue
        things = sorted(objects.OBJECTS[row.object](world), key=lambda thing: thing.label != "152221200203-1")
        found[name] = next(
            (role, address(name, row, thing.arguments))
            for thing in things
            for role in roles
            if expected(row, "GET", role, thing) == "served"
        )
    return found


def out_of_the_way(world: Any) -> dict[str, tuple[str | None, str]]:
    """Pages the matrix meets as absent: they ask for a secret, or for a second step that is set up."""
    from allauth.mfa.models import Authenticator
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.urls import reverse

    from lianxin.cases import actions as cases
    from lianxin.gatherings.models import Gathering
    from lianxin.gatherings.queries import sign
    from lianxin.ledger import clock
    from lianxin.organizations.invitations import invite_people

    [link] = invite_people(actor=world.user("administrator"), people=[world.people["member"]])
    user = world.user("auditor")
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    passkey = Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "手机", "credential": {}})
    with clock.standing_at(clock.now() - timedelta(days=400)):
        said = cases.Report(place=world.village, text="村口的水井不出水", phone="13800001111", sending="a phone of long ago")
        cases.withdraw_report(reporter=cases.report_case(report=said).reporter)
    erasure = cases.propose_erasure(actor=cases.moving.the_clock())
    hosted = Gathering.objects.get(unit__code="152221100003-1")
    return {
        "invitation": (None, link.path),
        "mfa_deactivate_totp": ("auditor", reverse("mfa_deactivate_totp")),
        "mfa_view_recovery_codes": ("auditor", reverse("mfa_view_recovery_codes")),
        "mfa_remove_webauthn": ("auditor", reverse("mfa_remove_webauthn", args=[passkey.pk])),
        "erasure": ("county_officer", reverse("erasure", args=[erasure.pk, "152221"])),
        "join_gathering": ("secretary", reverse("join_gathering", args=[hosted.pk, sign(hosted)])),
    }


if __name__ == "__main__":
    furnish()
