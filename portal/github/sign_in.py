"""Which client people sign in with at GitHub: the portal's App, else the one in the settings."""

from portal.github.credentials import oauth_client
from portal.people import with_github


class Adapter(with_github.Adapter):
    """What allauth asks; people know nothing of the App, so it is looked up here."""

    def client(self) -> tuple[str, str] | None:
        """The App's id and secret, where there is one."""
        return oauth_client() or super().client()
