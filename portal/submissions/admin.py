"""Submissions in Django's admin: to look at, never to change."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from portal.submissions.models import Attempt, Lookup, Record, Submission, Transition


class ReadOnly(admin.ModelAdmin):
    """What happened is changed by the domain alone."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody."""
        del request, obj
        return False


@admin.register(Submission)
class SubmissionAdmin(ReadOnly):
    """Newest first."""

    list_display = ("id", "team", "mini_project", "lab", "short_commit", "created_at")
    list_filter = ("mini_project__edition", "lab")
    ordering = ("-pk",)


@admin.register(Attempt)
class AttemptAdmin(ReadOnly):
    """Newest first; the token stays with its worker."""

    list_display = ("id", "submission", "number", "state", "verdict", "fault", "worker")
    list_filter = ("state", "verdict", "fault")
    ordering = ("-pk",)
    exclude = ("token",)


@admin.register(Transition)
class TransitionAdmin(ReadOnly):
    """Newest first."""

    list_display = ("attempt", "source", "target", "at", "by", "note")
    ordering = ("-pk",)


@admin.register(Record)
class RecordAdmin(ReadOnly):
    """Newest first."""

    list_display = ("attempt", "number", "at", "by", "reason", "change", "key_id")
    ordering = ("-pk",)


@admin.register(Lookup)
class LookupAdmin(ReadOnly):
    """Newest first."""

    list_display = ("id", "person", "repository", "ref", "status", "fault", "created_at")
    list_filter = ("status",)
    ordering = ("-pk",)
