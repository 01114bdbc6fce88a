"""The app's place in Django."""

from importlib import import_module

from django.apps import AppConfig

from portal.submissions import signals

# Modules that say what errands mean
KINDS = (
    "portal.github.setup",
    "portal.github.pulls",
    "portal.github.roomwork",
    "portal.github.verdicts",
    "portal.github.looking",
    "portal.github.watches",
    "portal.github.proofs",
)


class GitHubConfig(AppConfig):
    """Registers the app under its short name."""

    name = "portal.github"
    label = "github"

    def ready(self) -> None:
        """Every kind of errand is known, whoever asks or answers."""
        for module in KINDS:
            import_module(module)
        signals.connect(import_module("portal.github.verdicts").follow)
