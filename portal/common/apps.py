"""The app's place in Django."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """Registers the app under its short name."""

    name = "portal.common"
    label = "common"
