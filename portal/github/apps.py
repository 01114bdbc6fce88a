"""The app's place in Django."""

from django.apps import AppConfig


class GitHubConfig(AppConfig):
    """Registers the app under its short name."""

    name = "portal.github"
    label = "github"
