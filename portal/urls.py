"""Every address of the portal."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from portal.people.views import SignIn

urlpatterns = [
    path("", include("portal.dashboards.urls")),
    path("", include("portal.submissions.urls")),
    path("", include("portal.assessment.urls")),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
]
