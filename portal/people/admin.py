"""People in Django's admin. allauth's own tables stay empty, and out of sight."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from portal.people.models import User

admin.site.unregister([EmailAddress, SocialAccount, SocialApp, SocialToken])


@admin.register(User)
class PersonAdmin(UserAdmin):
    """Django's own form, with the portal's columns. What a sign-in proved, nobody types over."""

    list_display = ("username", "display_name", "github_login", "is_active")
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        ("Portal", {"fields": ("display_name", "github_login", "github_id")}),
    )
    readonly_fields = ("github_id",)
    actions = ("unlink_github",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ANN401 - Django's
        """A proved name is GitHub's to say."""
        shown = super().get_readonly_fields(request, obj)
        proved = obj is not None and obj.github_id
        return (*shown, *(("github_login",) if proved else ()))

    @admin.action(description="Unlink their accounts at GitHub")
    def unlink_github(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """For who has lost their account there, and cannot come in to unlink it."""
        count = people.exclude(github_id=None).update(github_id=None, github_login="")
        self.message_user(request, f"{count} unlinked.")
