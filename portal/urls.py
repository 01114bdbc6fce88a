"""Every address of the portal."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from portal.api.pages import revoke, tokens_page
from portal.people import with_github
from portal.people.account import ChangePassword, account_page
from portal.people.first import FirstSignIn
from portal.people.second_factor import RecoveryCodes, SetUp, Verify
from portal.people.views import SignIn, admin_sign_in

urlpatterns = [
    path("", include("portal.dashboards.urls")),
    path("", include("portal.courses.urls")),
    path("", include("portal.submissions.urls")),
    path("", include("portal.similarity.urls")),
    path("", include("portal.github.urls")),
    path("", include("portal.deliveries.urls")),
    path("", include("portal.assessment.urls")),
    path("", include("portal.demos.urls")),
    path("api/v1/", include("portal.api.urls")),
    path("account/", account_page, name="account"),
    path("first/<uidb64>/<token>/", FirstSignIn.as_view(), name="first"),
    path("account/password/", ChangePassword.as_view(), name="password"),
    path("account/github/", with_github.link, name="github_link"),
    path("account/github/unlink/", with_github.unlink, name="github_unlink"),
    path("account/tokens/", tokens_page, name="tokens"),
    path("account/tokens/<int:pk>/revoke/", revoke, name="revoke-token"),
    path("login/", SignIn.as_view(), name="login"),
    path("login/github/", with_github.start, name="github_start"),
    path("login/github/callback/", with_github.callback, name="github_callback"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("second-factor/", Verify.as_view(), name="second-factor"),
    path("second-factor/new/", SetUp.as_view(), name="second-factor-new"),
    path("second-factor/codes/", RecoveryCodes.as_view(), name="recovery-codes"),
    # Django's own sign-in page knows no limits, so ours stands before it.
    path("admin/login/", admin_sign_in, name="admin-sign-in"),
    path("admin/", admin.site.urls),
]
