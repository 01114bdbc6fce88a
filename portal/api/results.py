"""Results, with their reasons: the gradebook for staff, their own for students."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.api.places import Rows, found, person_of, student_of, studied, taught
from portal.assessment.gradebook import Filters, Row, table
from portal.assessment.published import changed, shown_to, stand_of
from portal.assessment.results import book_of
from portal.assessment.told import told
from portal.courses.models import Edition
from portal.courses.queries import students_of
from portal.people.models import User

LONGEST_FILTER = 100
# What a result says that cannot be worked out
UNTOLD: dict[str, Any] = {
    **dict.fromkeys(("outcome", "value", "scale", "rules_digest", "problem"), ""),
    **dict.fromkeys(("rules_version", "resit")),
    "final": False,
    **{name: [] for name in ("parts", "marks", "reasons", "gaps", "to_change")},
}


class LineSerializer(serializers.Serializer[Row]):
    """A student in the gradebook. `word` says how it stands: passed, not yet, withheld."""

    person = serializers.IntegerField(source="line.student.person")
    username = serializers.CharField(source="line.student.username")
    name = serializers.CharField(source="line.student.name")
    number = serializers.CharField(source="line.student.number")
    team = serializers.CharField(source="line.student.team")
    word = serializers.CharField(source="line.word")
    value = serializers.CharField(help_text="on the edition's scale; empty while there is none")
    problem = serializers.CharField(source="line.problem")
    differs = serializers.BooleanField(help_text="from what was frozen or published")


class WhySerializer(serializers.Serializer[Any]):
    """A reason: the rules it comes from, and what would change it."""

    cites = serializers.ListField(child=serializers.CharField())
    effect = serializers.CharField()
    says = serializers.CharField()
    part = serializers.CharField()
    to_change = serializers.CharField()
    amount = serializers.CharField()


class GapSerializer(serializers.Serializer[Any]):
    """What a withheld result waits for, and who can set it."""

    name = serializers.CharField()
    asks = serializers.CharField()
    who = serializers.CharField()


class ResultSerializer(serializers.Serializer[Any]):
    """A result with everything that it was worked out from."""

    word = serializers.CharField()
    problem = serializers.CharField(help_text="why it cannot be worked out; else empty")
    outcome = serializers.CharField()
    value = serializers.CharField()
    scale = serializers.CharField()
    final = serializers.BooleanField()
    rules_version = serializers.IntegerField(allow_null=True)
    rules_digest = serializers.CharField()
    parts = serializers.JSONField(help_text="each mini-project with its levels")
    marks = serializers.JSONField(help_text="each mark with its points")
    reasons = WhySerializer(many=True)
    gaps = GapSerializer(many=True)
    to_change = serializers.ListField(child=serializers.CharField())
    resit = serializers.JSONField(help_text="what is to be redone, and whether it is arranged")


class OwnResultSerializer(ResultSerializer):
    """One's own result: as it was published; before that, as it stands now."""

    published_at = serializers.DateTimeField(allow_null=True)
    sound = serializers.BooleanField(help_text="false: the signature does not hold")


FILTERS = [OpenApiParameter(name, str) for name in Filters.__dataclass_fields__]


@extend_schema(parameters=FILTERS)
class Results(Rows):
    """The gradebook, by name. Staff only."""

    serializer_class = LineSerializer

    def rows(self) -> Any:  # noqa: ANN401 - a list
        """Worked out now, for those whom the filters let through."""
        edition = taught(self.request, self.kwargs["pk"])
        asked = self.request.query_params
        names = Filters.__dataclass_fields__
        filters = Filters(**{name: asked.get(name, "")[:LONGEST_FILTER] for name in names})
        book = book_of(edition)
        return table(book, filters, changed=changed(book, stand_of(edition))).rows


class OneResult(APIView):
    """A student's result as it stands now. Staff only."""

    @extend_schema(responses=ResultSerializer)
    def get(self, request: Request, pk: int, person: int) -> Response:
        """With all reasons."""
        edition = taught(request, pk)
        student = student_of(edition, person)
        found(students_of(edition), person=student)  # who withdrew has none
        return Response(ResultSerializer(UNTOLD | as_it_stands(edition, student)).data)


class OwnResult(APIView):
    """A student's own result."""

    @extend_schema(responses=OwnResultSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """With all reasons."""
        edition, person = studied(request, pk), person_of(request)
        shown = shown_to(edition, person)
        content = shown.content if shown else as_it_stands(edition, person)
        published = {
            "published_at": shown.published_at if shown else None,
            "sound": shown.sound if shown else True,
        }
        return Response(OwnResultSerializer(UNTOLD | content | published).data)


def as_it_stands(edition: Edition, student: User) -> dict[str, Any]:
    """A result worked out now, as plain data."""
    book = book_of(edition, people=[student.pk])
    return told(book, book.lines[0])
