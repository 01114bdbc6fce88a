"""The app's place in Django."""

from django.apps import AppConfig


class SimilarityConfig(AppConfig):
    """Registers the app under its short name."""

    name = "portal.similarity"
    label = "similarity"
