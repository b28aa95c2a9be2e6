"""Where something came from, without keeping the address: keyed digests, the same wherever they are compared.

Kept for thirty days: from which networks somebody proved who they are, so that an answer “of a resident” which came from the very
network of those who did the work can be looked at twice.
"""

import ipaddress
from collections.abc import Collection
from datetime import timedelta

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from lianxin.accounts.models import UsedNetwork
from lianxin.accounts.sealing import fingerprint
from lianxin.ledger import clock

REMEMBERED = timedelta(days=30)


def network_of(request: HttpRequest) -> str:
    """Stands for the address a request came from. Of IPv6, the 64 bits a household or a phone has: the others change daily."""
    return fingerprint(f"network {_block(request, 32, 64)}", key="lookup")


def subnet_of(request: HttpRequest) -> str:
    """Stands for the neighbours of that address: 256 of IPv4, what a provider hands out together of IPv6."""
    return fingerprint(f"subnet {_block(request, 24, 48)}", key="lookup")


def _block(request: HttpRequest, of_four: int, of_six: int) -> str:
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", "").removeprefix("::ffff:"))
    except ValueError:  # a socket without an address
        return ""
    width = of_four if address.version == 4 else of_six
    return str(ipaddress.ip_network((address, width), strict=False))


def note_network(request: HttpRequest) -> None:
    """Whoever sits here just proved who they are; what was noted longer ago than is remembered is forgotten."""
    today = clock.today()
    UsedNetwork.objects.filter(last_on__lt=today - REMEMBERED).delete()
    if request.user.is_authenticated:
        UsedNetwork.objects.update_or_create(user_id=request.user.pk, network=network_of(request), defaults={"last_on": today})


def networks_of_users(users: Collection[int | AbstractBaseUser]) -> set[str]:
    """The networks from which any of these accounts (or keys of accounts) lately proved itself."""
    keys = [user if isinstance(user, int) else user.pk for user in users]
    recent = UsedNetwork.objects.filter(user__in=keys, last_on__gte=clock.today() - REMEMBERED)
    return set(recent.values_list("network", flat=True))
