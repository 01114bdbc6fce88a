"""Issuing, finding and revoking tokens: the only writer of them."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta

from django.utils import timezone

from portal.api.models import Scope, Token
from portal.common.errors import Refused
from portal.common.text import storable
from portal.people.models import User

PREFIX = "mlops_"  # lets a scanner of leaked secrets recognise one
AT_MOST = 20  # living tokens of one person
LONGEST = timedelta(days=366)
USED_EVERY = timedelta(minutes=1)  # how exactly the last use is known; a write per request is dear


def issue(*, person: User, name: str, scopes: Collection[str], days: int) -> tuple[Token, str]:
    """A new token and its secret, which nobody can read again later."""
    wanted = [scope.value for scope in Scope if scope in scopes]
    if not wanted:
        raise Refused("Choose at least one thing that the token may do.")
    if not storable(name).strip():
        raise Refused("Give the token a name, so that you know later what it was for.")
    if not timedelta() < timedelta(days=days) <= LONGEST:
        raise Refused(f"A token lives between one day and {LONGEST.days} days.")
    now = timezone.now()
    if len(living(person)) >= AT_MOST:
        raise Refused(f"You have {AT_MOST} tokens already. Revoke one that you no longer use.")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = Token.objects.create(
        person=person,
        name=storable(name).strip()[:80],
        scopes=wanted,
        digest=_digest(secret),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    return token, secret


def find(secret: str) -> Token | None:
    """The living token with this secret, of somebody who may still sign in; None without one."""
    now = timezone.now()
    token = Token.objects.select_related("person").filter(digest=_digest(secret)).first()
    if token is None or not token.holds(now=now) or not token.person.is_active:
        return None
    if token.used_at is None or now - token.used_at > USED_EVERY:
        Token.objects.filter(pk=token.pk).update(used_at=now)
    return token


def revoke(*, token: Token) -> bool:
    """End a token at once. False when it had ended by hand already."""
    held = Token.objects.filter(pk=token.pk, revoked_at__isnull=True)
    return held.update(revoked_at=timezone.now()) == 1


def living(person: User) -> list[Token]:
    """A person's tokens that open something now, newest first."""
    now = timezone.now()
    return list(
        Token.objects.filter(person=person, revoked_at__isnull=True, expires_at__gt=now).order_by(
            "-pk"
        )
    )


def _digest(secret: str) -> str:
    # The secret is random and long: a slow hash would protect nothing more.
    return hashlib.sha256(secret.encode()).hexdigest()
