"""The app's place in Django."""

from django.apps import AppConfig


class CoursesConfig(AppConfig):
    """Registers the app under its short name."""

    name = "portal.courses"
    label = "courses"
