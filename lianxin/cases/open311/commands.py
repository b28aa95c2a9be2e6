"""Keys of other systems, at the terminal."""

import click
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lianxin.accounts.models import User
from lianxin.cases.actions import make_api_key, revoke_api_key
from lianxin.cases.models import ApiKey
from lianxin.ledger import clock
from lianxin.organizations.invitations import oldest_administrator
from lianxin.organizations.models import Unit, UnitKind
from lianxin.ui.terminal import refuse, say

LONGEST_NAME = 80
AS = click.option(
    "--as", "username", metavar="USERNAME", help=str(_("In whose name it is recorded (default: the first administrator)."))
)


@click.command("api-key", help=str(_("Make a key with which another system may file requests (Open311). It is printed once.")))
@click.argument("name")
@click.option("--county", "code", metavar="CODE", required=True, help=str(_("The county its requests are for.")))
@click.option("--revoke", is_flag=True, help=str(_("Revoke the key of that name instead.")))
@AS
def api_key(name: str, code: str, revoke: bool, username: str | None) -> None:
    actor, county = _actor(username), _county(code)
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        refuse(gettext("A name has 1 to %(most)s signs.") % {"most": LONGEST_NAME})
    try:
        if revoke:
            revoke_api_key(actor=actor, county=county, name=name.strip())
            say(gettext("The key “%(name)s” is revoked.") % {"name": name.strip()})
            return
        key = make_api_key(actor=actor, county=county, name=name.strip())
    except ValidationError as refused:
        refuse(refused.messages[0])
    say(gettext("Keep it now: it is shown this once. What is filed with it is for %(county)s.") % {"county": county.name})
    click.echo(key)


@click.command("api-keys", help=str(_("List the keys of other systems.")))
def api_keys() -> None:
    for key in ApiKey.objects.select_related("county").order_by("county__path", "name", "id"):
        since = clock.local_date(key.created_at)
        until = clock.local_date(key.revoked_at) if key.revoked_at else ""
        click.echo(f"{key.county.code}\t{key.name}\t{since}\t{until}")


def _actor(username: str | None) -> User:
    actor = User.objects.filter(username=username, is_active=True).first() if username else oldest_administrator()
    if actor is None:
        refuse(gettext("There is no administrator yet. Run `lianxin init`, or name an account: --as USERNAME."))
    return actor


def _county(code: str) -> Unit:
    county = Unit.objects.open_on(clock.today()).filter(kind=UnitKind.COUNTY, code=code).first()
    if county is None:
        refuse(gettext("There is no county with the code “%(code)s”.") % {"code": code})
    return county
