"""Where sessions are kept: in our own table, which knows whose each one is, under a digest of the cookie's value.

A stolen copy of the database therefore opens no session, and a person can be shown and can end their own.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db

from lianxin.accounts.models import Session
from lianxin.ledger import clock

SIGNED_IN_AT = "signed_in_at"
DEVICE = "device"


def stored_key(session_key: str | None) -> str:
    """Under which a session is stored: a digest of what the browser holds."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:40]


class SessionStore(db.SessionStore):
    """Django's database sessions, in our table. The name is what Django looks for."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        try:
            return Session.objects.get(session_key=stored_key(self.session_key), expire_date__gt=clock.now())
        except Session.DoesNotExist:
            self._session_key = None
            return None

    def exists(self, session_key: str) -> bool:
        return super().exists(stored_key(session_key))

    def delete(self, session_key: str | None = None) -> None:
        session_key = session_key or self.session_key
        if session_key is not None:
            super().delete(stored_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = cast(Session, super().create_model_instance(data))
        session.session_key = stored_key(session.session_key)
        session.expire_date = clock.now() + timedelta(seconds=self.get_expiry_age())  # Django would ask another clock
        session.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        session.signed_in_at = datetime.fromisoformat(data[SIGNED_IN_AT]) if SIGNED_IN_AT in data else None
        session.device = data.get(DEVICE, "")
        return session
