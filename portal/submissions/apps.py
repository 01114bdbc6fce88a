"""The app's place in Django."""

from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    """Registers the app under its short name."""

    name = "portal.submissions"
    label = "submissions"
