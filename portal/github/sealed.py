"""Secrets of the App at rest: encrypted with a key that follows from the portal's own.

A copy of the database alone opens nothing. Whoever changes `PORTAL_SECRET_KEY` sets the App up
again, which the App's page says.
"""

import base64
import json

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac


class UnreadableError(Exception):
    """What is stored was sealed with another key, or changed since."""


def seal(secrets: dict[str, str]) -> str:
    """The secrets, by their names, as text that may be stored."""
    return _fernet().encrypt(json.dumps(secrets).encode()).decode()


def unseal(sealed: str) -> dict[str, str]:
    """The secrets again. Raises `UnreadableError` when the key is not the one that sealed them."""
    try:
        found: dict[str, str] = json.loads(_fernet().decrypt(sealed.encode()))
    except InvalidToken:
        raise UnreadableError from None
    return found


def _fernet() -> Fernet:
    key = salted_hmac("portal.github.sealed", "", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
