"""The API as a Django app."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Tokens, and what they open."""

    name = "portal.api"

    def ready(self) -> None:
        """Have the description know the token."""
        from portal.api import schema  # noqa: F401, PLC0415 - registers itself, once apps are there
