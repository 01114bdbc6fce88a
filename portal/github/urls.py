"""Addresses of GitHub's part."""

from django.urls import path

from portal.github.views import app, hooks

app_name = "github"
urlpatterns = [
    path("github/", app.app_page, name="app"),
    path("github/new/", app.begin, name="begin"),
    path("github/made/", app.made, name="made"),
    path("github/test/", app.check, name="check"),
    path("github/forget/", app.forget, name="forget"),
    path("github/hooks/", hooks.receive, name="hook"),
]
