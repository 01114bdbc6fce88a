"""Addresses of GitHub's part."""

from django.urls import path

from portal.github.views import app, hooks, pushes, rooms

app_name = "github"
urlpatterns = [
    path("editions/<int:pk>/repositories/", rooms.repositories, name="repositories"),
    path("editions/<int:pk>/repositories/<int:number>/", rooms.order, name="order"),
    path("editions/<int:pk>/repositories/<int:number>/progress/", rooms.progress, name="progress"),
    path("submissions/<int:pk>/workflow/", rooms.workflow, name="workflow"),
    path("github/", app.app_page, name="app"),
    path("github/new/", app.begin, name="begin"),
    path("github/made/", app.made, name="made"),
    path("github/test/", app.check, name="check"),
    path("github/courses/", app.allow, name="allow"),
    path("github/forget/", app.forget, name="forget"),
    path("github/hooks/", hooks.receive, name="hook"),
    path("github/projects/<int:pk>/teams/<int:team_pk>/", pushes.on_push, name="on-push"),
    path("github/badge/<str:slug>.svg", pushes.badge, name="badge"),
]
