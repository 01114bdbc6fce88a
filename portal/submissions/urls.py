"""Addresses of submissions."""

from django.urls import path

from portal.submissions.views import attempt, lookup, project, rerun

app_name = "submissions"
urlpatterns = [
    path("projects/<int:pk>/", project.project, name="project"),
    path("projects/<int:pk>/rerun/", rerun.rerun_all, name="rerun-all"),
    path("links/<int:pk>/", lookup.lookup, name="lookup"),
    path("links/<int:pk>/poll/", lookup.poll, name="lookup-poll"),
    path("links/<int:pk>/confirm/", lookup.confirm, name="confirm"),
    path("attempts/<int:pk>/", attempt.attempt, name="attempt"),
    path("attempts/<int:pk>/live/", attempt.live, name="live"),
    path("attempts/<int:pk>/cancel/", attempt.cancel, name="cancel"),
    path("submissions/<int:pk>/rerun/", attempt.rerun, name="rerun"),
]
