"""The app's place in Django."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Registers the app under its short name."""

    name = "portal.people"
    label = "people"
