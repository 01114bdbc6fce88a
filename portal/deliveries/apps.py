"""The app's place in Django."""

from importlib import import_module

from django.apps import AppConfig


class DeliveriesConfig(AppConfig):
    """Registers the app under its short name."""

    name = "portal.deliveries"
    label = "deliveries"

    def ready(self) -> None:
        """What GitHub says of a deadline is known wherever errands are answered."""
        import_module("portal.deliveries.collect")
