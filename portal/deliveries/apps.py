"""The app's place in Django."""

from django.apps import AppConfig


class DeliveriesConfig(AppConfig):
    """Registers the app under its short name."""

    name = "portal.deliveries"
    label = "deliveries"
