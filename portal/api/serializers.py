"""What the API says and hears. Moments are ISO 8601 in UTC, durations seconds."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lab_specs.faults import Code
from lab_specs.messages import explain
from portal.api.models import Scope
from portal.courses.models import Criterion, Edition, Enrolment, Level, MiniProject
from portal.courses.rules import Role
from portal.submissions.models import Attempt, Lookup, Submission
from portal.submissions.waiting import expected_wait


class EditionSerializer(serializers.ModelSerializer[Edition]):
    """One run of a course."""

    course = serializers.CharField(source="course.title", read_only=True)
    course_code = serializers.CharField(source="course.code", read_only=True)

    class Meta:
        model = Edition
        fields = ("id", "course", "course_code", "name", "timezone", "language")


class EnrolmentSerializer(serializers.ModelSerializer[Enrolment]):
    """An edition, and what the person is in it."""

    edition = EditionSerializer(read_only=True)
    role = serializers.ChoiceField(choices=[role.value for role in Role], read_only=True)

    class Meta:
        model = Enrolment
        fields = ("edition", "role")


class MeSerializer(serializers.Serializer[Any]):
    """Who the token stands for, and what it may be used for."""

    username = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.choices), read_only=True
    )
    enrolments = EnrolmentSerializer(many=True, read_only=True)


class LevelSerializer(serializers.ModelSerializer[Level]):
    """A cell of a rubric."""

    class Meta:
        model = Level
        fields = ("name", "descriptor")


class CriterionSerializer(serializers.ModelSerializer[Criterion]):
    """A row of a rubric: its levels, lowest first. `lab` is empty where any lab may be taken."""

    levels = LevelSerializer(many=True, read_only=True)

    class Meta:
        model = Criterion
        fields = ("slug", "title", "technical", "lab", "levels")


class MiniProjectSerializer(serializers.ModelSerializer[MiniProject]):
    """A graded piece of work."""

    labs = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = MiniProject
        fields = ("id", "edition", "slug", "title", "deadline", "by_team", "labs")


class RubricSerializer(MiniProjectSerializer):
    """A graded piece of work with its rubric."""

    criteria = CriterionSerializer(many=True, read_only=True)

    class Meta(MiniProjectSerializer.Meta):
        fields = (*MiniProjectSerializer.Meta.fields, "criteria")  # type: ignore[assignment]


class WordsSerializer(serializers.Serializer[Any]):
    """A fault: its code, and the words that a person reads."""

    code = serializers.CharField(read_only=True)
    happened = serializers.CharField(read_only=True)
    expected = serializers.CharField(read_only=True)
    next_step = serializers.CharField(read_only=True)


def fault_of(row: Attempt | Lookup) -> dict[str, str] | None:
    """The fault of an attempt or a lookup, in words."""
    if not row.fault:
        return None
    words = explain(Code(row.fault), row.facts)
    return {
        "code": row.fault,
        "happened": words.happened,
        "expected": words.expected,
        "next_step": words.next_step,
    }


class LookupSerializer(serializers.ModelSerializer[Lookup]):
    """A link that is being resolved to a commit. Confirm it once `status` is `found`."""

    fault = serializers.SerializerMethodField()

    class Meta:
        model = Lookup
        fields = (
            *("id", "mini_project", "lab", "repository", "ref", "context", "dockerfile"),
            *("status", "commit", "commit_title", "committed_at", "fault"),
        )
        read_only_fields = fields

    @extend_schema_field(WordsSerializer(allow_null=True))
    def get_fault(self, row: Lookup) -> dict[str, str] | None:
        """Why it could not be resolved."""
        return fault_of(row)


class AskSerializer(serializers.Serializer[Any]):
    """A link to be looked up."""

    lab = serializers.CharField(max_length=60)
    link = serializers.CharField(max_length=500)
    ref = serializers.CharField(max_length=200, required=False, allow_blank=True)
    # The framework keeps a serializer's declared fields apart from its attribute `context`.
    context = serializers.CharField(  # type: ignore[assignment]
        max_length=300, required=False, allow_blank=True
    )
    dockerfile = serializers.CharField(max_length=300, required=False, allow_blank=True)


class ReasonSerializer(serializers.Serializer[Any]):
    """Why something is done: kept, and shown to the student."""

    reason = serializers.CharField(max_length=500)


class SubmissionSerializer(serializers.ModelSerializer[Submission]):
    """A team's work for a mini-project, always a resolved commit."""

    team = serializers.CharField(source="team.name", read_only=True)
    submitted_by = serializers.CharField(source="submitted_by.name", read_only=True)
    late = serializers.BooleanField(read_only=True)

    class Meta:
        model = Submission
        fields = (
            *("id", "mini_project", "team", "submitted_by", "lab", "repository", "ref", "commit"),
            *("commit_title", "context", "dockerfile", "created_at", "late"),
        )
        read_only_fields = fields


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    """One grading of a submission: where it is (`state`), and what came out (`verdict`)."""

    class Meta:
        model = Attempt
        fields = (
            *("id", "submission", "number", "state", "verdict", "levels", "retries"),
            *("queued_at", "started_at", "finished_at"),
        )
        read_only_fields = fields


class CheckSerializer(serializers.Serializer[Any]):
    """One check. `expected`, `actual` and `hint` say why it failed."""

    id = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    criterion = serializers.CharField(read_only=True)
    level = serializers.CharField(read_only=True)
    outcome = serializers.CharField(read_only=True)
    expected = serializers.CharField(read_only=True)
    actual = serializers.CharField(read_only=True)
    hint = serializers.CharField(read_only=True)
    seconds = serializers.FloatField(read_only=True)


@extend_schema_field({"oneOf": [{"type": "number"}, {"type": "string"}]})
class PlaceField(serializers.Field[Any, Any, Any, Any]):
    """Where a point lies: a number, or a text."""

    def to_representation(self, value: Any) -> Any:  # noqa: ANN401 - REST framework's
        """As it is."""
        return value


class SeriesSerializer(serializers.Serializer[Any]):
    """The points of a figure that bear one name: `y` at each place `x`. At most 400."""

    name = serializers.CharField(read_only=True)
    x = serializers.ListField(child=PlaceField(), read_only=True)
    y = serializers.ListField(child=serializers.FloatField(), read_only=True)


class FigureSerializer(serializers.Serializer[Any]):
    """What the checks saw, made to be drawn: `lines`, `points` or `bars`. It decides nothing."""

    id = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    says = serializers.CharField(read_only=True)
    x = serializers.CharField(read_only=True, help_text="name of the axis")
    y = serializers.CharField(read_only=True, help_text="name of the axis")
    kind = serializers.ChoiceField(["lines", "points", "bars"], read_only=True)
    series = SeriesSerializer(many=True, read_only=True)


class AttemptInFullSerializer(AttemptSerializer):
    """An attempt with its checks, its fault in words, its log, and its place while it waits."""

    fault = serializers.SerializerMethodField()
    checks = serializers.SerializerMethodField()
    figures = serializers.SerializerMethodField()
    position = serializers.SerializerMethodField()
    log = serializers.CharField(source="log_tail", read_only=True)

    class Meta(AttemptSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *AttemptSerializer.Meta.fields,
            *("fault", "checks", "figures", "position", "phases", "log"),
        )
        read_only_fields = fields  # type: ignore[assignment]

    @extend_schema_field(WordsSerializer(allow_null=True))
    def get_fault(self, row: Attempt) -> dict[str, str] | None:
        """Why there is no full set of checks."""
        return fault_of(row)

    @extend_schema_field(CheckSerializer(many=True))
    def get_checks(self, row: Attempt) -> list[dict[str, Any]]:
        """The stored report."""
        return list(row.report["checks"]) if row.report else []

    @extend_schema_field(FigureSerializer(many=True))
    def get_figures(self, row: Attempt) -> list[dict[str, Any]]:
        """What the checks showed: at most six figures of at most twelve series."""
        return list((row.report or {}).get("figures", ()))

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_position(self, row: Attempt) -> int | None:
        """1 for the next to be taken; null when it does not wait."""
        return expected_wait(row, now=timezone.now()).position if row.live else None
