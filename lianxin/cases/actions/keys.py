"""Keys of other systems that may file requests: made, shown once, revoked."""

import secrets

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from lianxin.accounts.sealing import fingerprint
from lianxin.cases.errors import CaseError
from lianxin.cases.models import ApiKey
from lianxin.ledger import clock
from lianxin.ledger.actions import record
from lianxin.ledger.models import Entry
from lianxin.organizations.models import Unit


@transaction.atomic
def make_api_key(*, actor: AbstractBaseUser, county: Unit, name: str) -> str:
    """A key for that system in that county. It is given back once and kept nowhere. Raises CaseError where the name has one."""
    if ApiKey.objects.filter(county=county, name=name, revoked_at=None).exists():
        raise CaseError("api_key_there", name=name)
    key = f"lx_{secrets.token_urlsafe(24)}"
    made = ApiKey.objects.create(name=name, digest=digest_of_key(key), county=county, created_at=clock.now())
    _enter(actor, made, "cases.api_key_made")
    return key


@transaction.atomic
def revoke_api_key(*, actor: AbstractBaseUser, county: Unit, name: str) -> Entry:
    """From now on that system files nothing more. Raises CaseError where there is none."""
    made = ApiKey.objects.select_for_update().filter(county=county, name=name, revoked_at=None).first()
    if made is None:
        raise CaseError("no_api_key", name=name)
    made.revoked_at = clock.now()
    made.save(update_fields=["revoked_at"])
    return _enter(actor, made, "cases.api_key_revoked")


def digest_of_key(key: str) -> str:
    """What is kept of a key."""
    return fingerprint(f"api key {key}", key="receipt")


def _enter(actor: AbstractBaseUser, made: ApiKey, kind: str) -> Entry:
    today, subject = clock.today(), f"cases.api_key:{made.pk}"
    return record(actor=actor, kind=kind, unit=made.county, happened_on=today, subject=subject, data={"key": made.pk})
