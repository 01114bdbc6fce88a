"""The app's place in Django."""

from django.apps import AppConfig


class AssessmentConfig(AppConfig):
    """Registers the app under its short name."""

    name = "portal.assessment"
    label = "assessment"
