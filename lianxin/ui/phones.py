"""How a phone number looks wherever it is not opened with a reason."""


def mask(digits: str) -> str:
    """138****1234: enough to know a number again, too little to call it."""
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 8 else "****"
