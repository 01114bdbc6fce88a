"""With which keys the portal speaks to GitHub; None where none are set."""

from dataclasses import dataclass, field

import structlog

from portal.github.models import App
from portal.github.sealed import UnreadableError, unseal

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Keys:
    """What the App proves itself with."""

    number: int
    client_id: str
    private_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    client_secret: str = field(repr=False)


def keys() -> Keys | None:
    """The App's keys; None without an App, or when the portal's own key was changed since."""
    app = App.objects.first()
    if app is None:
        return None
    try:
        opened = unseal(app.sealed)
    except UnreadableError:
        log.warning("github_keys_unreadable", app=app.slug)
        return None
    return Keys(
        app.number,
        app.client_id,
        opened["private_key"],
        opened["webhook_secret"],
        opened["client_secret"],
    )


def oauth_client() -> tuple[str, str] | None:
    """Id and secret with which people sign in by the App; None when it has none."""
    found = keys()
    return (found.client_id, found.client_secret) if found and found.client_id else None
