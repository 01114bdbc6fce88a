"""People in Django's admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from portal.people.models import User


@admin.register(User)
class PersonAdmin(UserAdmin):
    """Django's own form, with the portal's two columns."""

    list_display = ("username", "display_name", "github_login", "is_active")
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        ("Portal", {"fields": ("display_name", "github_login")}),
    )
