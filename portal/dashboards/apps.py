"""The app's place in Django."""

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    """Registers the app under its short name."""

    name = "portal.dashboards"
    label = "dashboards"
