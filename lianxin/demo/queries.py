"""Who can sign in to a demonstration."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from lianxin.demo.folder import read_marker
from lianxin.organizations.models import Person, Title

ROLES = {
    "county": _("County office: the board, the brief, the tree, the schemes"),
    "county2": _("A second person of the county office: agrees to, or carries out, what the first one asked for"),
    "township": _("Township officer: everything of one township, nothing of the next"),
    "secretary": _("Branch secretary: one short list, and recording a meeting"),
    "clerk": _("Clerk of the same branch"),
    "leader": _("Contact leader: my points, and recording a visit"),
    "member": _("Member: the standing of the own branch"),
    "inspector": _("Inspector: recording an inspection anywhere in the county"),
    "auditor": _("Auditor: entries, standings, who looked at what"),
    "department": _("Department handler"),
    "administrator": _("Administrator: accounts and invitations, no content"),
    "othercounty": _("County office of the other county"),
}


@dataclass(frozen=True)
class Account:
    username: str
    name: str
    unit: str
    role: object


def demonstration_accounts() -> list[Account]:
    """The sign-ins of a demonstration, by role; empty everywhere else."""
    if read_marker(settings.FOLDER.path) is None:
        return []
    people = (
        Person.objects.filter(user__username__in=ROLES)
        .select_related("user")
        .prefetch_related("posts__unit", "memberships__unit")
    )
    by_name = {person.user.username: person for person in people if person.user}
    return [Account(name, by_name[name].name, _where(by_name[name]), role) for name, role in ROLES.items() if name in by_name]


def _where(person: Person) -> str:
    shown = [post.unit.name for post in person.posts.all() if post.title not in (Title.HEAD, Title.COMMITTEE_MEMBER)]
    shown += [membership.unit.name for membership in person.memberships.all()]
    return shown[0] if shown else ""
