"""Django's cache, kept in the database: what counts tries and remembers used codes must be one for all workers.

A memory per worker would give a guesser as many tries as there are workers, and let a code be used once at each. Keys, which
name accounts and addresses, are kept as digests only, values as JSON. What ran out is forgotten with the next writing.
"""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import IntegrityError, transaction

from lianxin.accounts.models import Limit
from lianxin.ledger import clock

FOR_EVER = datetime.max


class DatabaseLimits(BaseCache):
    """A few short-lived values, shared by every worker on every machine."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep it where nothing is kept under that key; of two at once, one succeeds."""
        digest = self._digest(key, version)
        try:
            with transaction.atomic():
                _forget_old()
                Limit.objects.create(key=digest, value=json.dumps(value), until=self._until(timeout))
        except IntegrityError:
            return False
        return True

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        found = (
            Limit.objects.filter(key=self._digest(key, version), until__gt=clock.now()).values_list("value", flat=True).first()
        )
        return default if found is None else json.loads(found)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        with transaction.atomic():
            _forget_old()
            kept = {"value": json.dumps(value), "until": self._until(timeout)}
            Limit.objects.update_or_create(key=self._digest(key, version), defaults=kept)

    def delete(self, key: str, version: int | None = None) -> bool:
        return Limit.objects.filter(key=self._digest(key, version)).delete()[0] > 0

    def clear(self) -> None:
        Limit.objects.all().delete()

    def _digest(self, key: str, version: int | None) -> str:
        return hashlib.sha256(self.make_key(key, version).encode()).hexdigest()

    def _until(self, timeout: Any) -> datetime:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return FOR_EVER if seconds is None else clock.now() + timedelta(seconds=seconds)


def _forget_old() -> None:
    Limit.objects.filter(until__lte=clock.now()).delete()
