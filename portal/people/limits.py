"""How often something may be done: some times at once, then evenly; never locked, only slowed.

One timestamp per person or address tells it all (the generic cell rate algorithm): until when
what was taken is spoken for. It lies in the database, so all web processes see the same.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from portal.people.models import Allowance

NETWORK_BITS = 64  # of an IPv6 address; one household has all addresses behind them


@dataclass(frozen=True, slots=True)
class Limit:
    """`at_once` times in a row, and once more per `every`."""

    name: str
    at_once: int
    every: timedelta

    def take(self, *who: object) -> timedelta:
        """Take one. Nothing (a false timedelta) when granted, otherwise how long to wait."""
        now = timezone.now()
        with transaction.atomic():
            row, _ = Allowance.objects.select_for_update().get_or_create(
                key=self._key(who), defaults={"free_at": now}
            )
            start = max(row.free_at, now)
            wait = start - now - self.every * (self.at_once - 1)
            if wait > timedelta():
                return wait
            row.free_at = start + self.every
            row.save(update_fields=["free_at"])
        return timedelta()

    def give_back(self, *who: object) -> None:
        """Undo one `take`."""
        rows = Allowance.objects.filter(key=self._key(who))
        rows.update(free_at=F("free_at") - self.every)

    def clear(self, *who: object) -> None:
        """Forget whatever was taken."""
        Allowance.objects.filter(key=self._key(who)).delete()

    def _key(self, who: tuple[object, ...]) -> str:
        # Hashed with the secret key: the table tells neither names nor addresses.
        return salted_hmac(f"limit {self.name}", repr(who), algorithm="sha256").hexdigest()


# Wrong passwords slow down whoever types them, not the account: guesses from elsewhere leave
# its owner in peace. A lecture hall shares one address, so that limit is wider, and whoever gets
# in gives back what they took.
TRIES = Limit("sign-in", at_once=5, every=timedelta(seconds=30))
TRIES_OF_ADDRESS = Limit("sign-in address", at_once=60, every=timedelta(seconds=3))


def forget(*, now: datetime) -> None:
    """Drop the rows that limit nobody any more."""
    past = Allowance.objects.filter(free_at__lt=now)
    if past.exists():
        past.delete()


def address_of(request: HttpRequest) -> str:
    """Where a request comes from: the address that our own proxy saw, or the peer itself."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY:
        # Whatever stands further left was written by the browser's side.
        address = request.headers.get("X-Forwarded-For", address).rsplit(",", 1)[-1].strip()
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:  # noqa: PLR2004 - a version
        return str(found)
    return str(ipaddress.ip_network((int(found), NETWORK_BITS), strict=False))
