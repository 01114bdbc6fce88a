"""The app's place in Django."""

from django.apps import AppConfig


class DemosConfig(AppConfig):
    """Registers the app under its short name."""

    name = "portal.demos"
    label = "demos"
