"""Addresses of the API, all below `/api/v1/`."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from portal.api import views

app_name = "api"
urlpatterns = [
    path("schema/", login_not_required(SpectacularAPIView.as_view()), name="schema"),
    path("me/", views.Me.as_view(), name="me"),
    path("editions/", views.Editions.as_view(), name="editions"),
    path("editions/<int:pk>/mini-projects/", views.MiniProjects.as_view(), name="mini-projects"),
    path("mini-projects/<int:pk>/", views.OneMiniProject.as_view(), name="mini-project"),
    path("mini-projects/<int:pk>/lookups/", views.Ask.as_view(), name="ask"),
    path("lookups/<int:pk>/", views.OneLookup.as_view(), name="lookup"),
    path("lookups/<int:pk>/confirm/", views.Confirm.as_view(), name="confirm"),
    path("submissions/", views.Submissions.as_view(), name="submissions"),
    path("submissions/<int:pk>/", views.OneSubmission.as_view(), name="submission"),
    path("submissions/<int:pk>/rerun/", views.Rerun.as_view(), name="rerun"),
    path("attempts/", views.Attempts.as_view(), name="attempts"),
    path("attempts/<int:pk>/", views.OneAttempt.as_view(), name="attempt"),
    path("attempts/<int:pk>/cancel/", views.Cancel.as_view(), name="cancel"),
]
