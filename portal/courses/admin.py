"""Courses in Django's admin. Rubrics come from files; people are put right by hand here."""

from django.contrib import admin

from portal.courses.models import Course, Edition, Enrolment, Membership, MiniProject, Team

admin.site.register(Course)


@admin.register(Edition)
class EditionAdmin(admin.ModelAdmin):
    """The secret seed is no field of any form."""

    list_display = ("course", "name", "timezone", "active")


@admin.register(MiniProject)
class MiniProjectAdmin(admin.ModelAdmin):
    """What the edition's file says; reading the file again wins."""

    list_display = ("edition", "order", "slug", "title", "deadline", "by_team")
    list_filter = ("edition",)


@admin.register(Enrolment)
class EnrolmentAdmin(admin.ModelAdmin):
    """Who is what, in which edition."""

    list_display = ("edition", "person", "role")
    list_filter = ("edition", "role")
    search_fields = ("person__username", "person__display_name")


class MembershipInline(admin.TabularInline):
    """The people of a team."""

    model = Membership
    extra = 0


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):
    """Teams and their people."""

    list_display = ("edition", "name", "solo")
    list_filter = ("edition", "solo")
    inlines = (MembershipInline,)
