"""A village's own code: an address on paper that knows its place; signed, so that even under a flood it is known to be ours."""

from django.core.signing import BadSignature, Signer

SALT = "cases.village_code"


def sign_place(code: str) -> str:
    """What stands in the address behind a village's QR code; always the same, so that every sheet of it is."""
    return Signer(salt=SALT).sign(code)


def place_of(token: str) -> str | None:
    """The code of the place whose sheet the token was printed on. None: it was not printed by us."""
    try:
        return Signer(salt=SALT).unsign(token[:200])
    except BadSignature:
        return None
