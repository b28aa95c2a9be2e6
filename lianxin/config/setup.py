"""An installation: made from nothing, brought up to date."""

import os
from datetime import date
from itertools import chain, count
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _

from lianxin.accounts.actions import standing_account
from lianxin.accounts.models import User
from lianxin.cases.actions import seed_catalogue
from lianxin.cases.models import TallyMark
from lianxin.cases.tally import count_anew
from lianxin.config.backup import make_backup
from lianxin.config.folder import current_folder
from lianxin.ledger import clock
from lianxin.ledger.guard import install_triggers
from lianxin.organizations.actions import found_unit
from lianxin.organizations.invitations import first_administrator
from lianxin.organizations.models import Unit, UnitKind

FOUNDER = "lianxin"
"""The account that signs the founding acts. It has no password: nobody can sign in with it."""


class CannotInit(Exception):
    """Why an installation cannot be made here, as a sentence."""


class CannotUpgrade(Exception):
    """What kept the tables from being brought to this version, as a sentence."""


def prepare_folder(keys: dict[str, str] | None = None) -> None:
    """Make the data folder with its keys, and put the keys in force in this process."""
    folder = current_folder()
    folder.make(keys)
    settings.KEYS.update(folder.keys())
    settings.SECRET_KEY = settings.KEYS["django"]


def refuse_second_init() -> None:
    """Raises CannotInit where there is an installation already: nothing of it is touched."""
    if "organizations_unit" not in connection.introspection.table_names():
        return
    county = Unit.objects.filter(kind=UnitKind.COUNTY).first()
    if county is not None:
        raise CannotInit(
            _("%(folder)s already holds %(county)s. For another county choose another folder: LIANXIN_HOME=… lianxin init")
            % {"folder": current_folder().path, "county": f"{county.name} ({county.code})"}
        )


def init(*, code: str, name: str, since: date, administrator: str) -> str:
    """Make the tables, found the county, register its administrator. Returns the token of the administrator's one-time link."""
    call_command("migrate", verbosity=0)
    with transaction.atomic():
        founder = User.objects.create_user(FOUNDER, created_at=clock.now())
        county = found_unit(actor=founder, code=code, name=name, kind=UnitKind.COUNTY, parent=None, since=since)
        seed_catalogue(actor=founder, unit=county)
        return first_administrator(actor=founder, county=county, name=administrator)


def link_of(token: str) -> str:
    """The address at which a one-time link opens. LIANXIN_ADDRESS says how the installation is reached."""
    return f"{os.environ.get('LIANXIN_ADDRESS', 'http://localhost:8000').rstrip('/')}/invitation/{token}/"


def upgrade() -> Path:
    """Back up, bring the tables to this version, put the guard of the ledger back. Returns where the backup is.

    Raises CannotUpgrade where that fails half-way; the backup is there by then.
    """
    backups = current_folder().path / "backups"
    backups.mkdir(exist_ok=True)
    stem = f"before-upgrade-{clock.now():%Y%m%dT%H%M%S}"  # the clock may be set back: of two in one second both stay
    paths = (backups / f"{stem}{more}.lianxin" for more in chain([""], (f"-{n}" for n in count(2))))
    backup = next(path for path in paths if not path.exists())
    make_backup(backup)
    try:
        call_command("migrate", verbosity=0)
        install_triggers()
        _bring_catalogue()
        if not TallyMark.objects.exists():  # a version that counts otherwise has forgotten what was counted
            count_anew()
    except DatabaseError as failure:
        raise CannotUpgrade(
            _(
                "The database could not be brought to this version: %(why)s. Mend that and run “lianxin upgrade” again. To go"
                " back, restore %(backup)s into an empty folder with the version from before."
            )
            % {"why": " ".join(str(failure).split()), "backup": backup}
        ) from failure
    return backup


def _bring_catalogue() -> None:
    """The catalogue of matters that comes with this version, for whoever has none of their own."""
    county = Unit.objects.filter(kind=UnitKind.COUNTY, closed_on=None).order_by("pk").first()
    if county is not None:
        seed_catalogue(actor=standing_account(name="clock"), unit=county)
