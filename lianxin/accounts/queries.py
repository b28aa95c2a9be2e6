"""The door for reading: a person's own sessions; the invitation behind a link."""

from django.http import Http404

from lianxin.accounts.actions import digest_of
from lianxin.accounts.models import Invitation, Session, User
from lianxin.ledger import clock


def sessions_of(user: User) -> list[Session]:
    """Where the user is signed in, newest first."""
    return list(Session.objects.filter(user=user, expire_date__gt=clock.now()).order_by("-signed_in_at"))


def invitation_behind(token: str) -> Invitation:
    """The invitation of a one-time link. Raises Http404 where there is none, or none that can still be used: both look alike."""
    open_now = Invitation.objects.open_at(clock.now()).select_related("user", "entry__unit")
    invitation = open_now.filter(digest=digest_of(token)).first()
    if invitation is None:
        raise Http404
    return invitation
