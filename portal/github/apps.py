"""The app's place in Django."""

from importlib import import_module

from django.apps import AppConfig

KINDS = ("portal.github.setup", "portal.github.roomwork")  # modules that say what errands mean


class GitHubConfig(AppConfig):
    """Registers the app under its short name."""

    name = "portal.github"
    label = "github"

    def ready(self) -> None:
        """Every kind of errand is known, whoever asks or answers."""
        for module in KINDS:
            import_module(module)
