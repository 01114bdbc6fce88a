"""Talks: who presents what, and who asked a question there."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.api.places import Rows, checked, found, joined, person_of, standing_of, student_of
from portal.demos import domain
from portal.demos.models import Talk
from portal.demos.talking import programme


class SpeakerSerializer(serializers.Serializer[Any]):
    """A student. `person` is what other addresses take."""

    person = serializers.IntegerField(source="pk")
    name = serializers.CharField()


class TalkSerializer(serializers.Serializer[Any]):
    """A student presents an article. Empty `session`: none is set yet."""

    id = serializers.IntegerField(source="talk.pk")
    order = serializers.IntegerField(source="talk.order")
    session = serializers.CharField(source="talk.session")
    student = SpeakerSerializer(source="talk.student")
    title = serializers.CharField(source="talk.article.title")
    link = serializers.CharField(source="talk.article.link")
    asked_by = SpeakerSerializer(source="askers", many=True)


class QuestionSerializer(serializers.Serializer[Any]):
    """A student asked a question; `holds` false: that is taken back."""

    student = serializers.IntegerField(min_value=0)
    holds = serializers.BooleanField(default=True)


class Talks(Rows):
    """The programme of talks, for everybody in the edition."""

    serializer_class = TalkSerializer

    def rows(self) -> Any:  # noqa: ANN401 - a list
        """In order."""
        return programme(joined(self.request, self.kwargs["pk"]))["programme"]


class NoteQuestion(APIView):
    """Note who asked a question at a talk. Staff only."""

    @extend_schema(request=QuestionSerializer, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        """The newest note of a student at a talk holds."""
        rows = Talk.objects.select_related("edition__course", "student")
        talk = found(rows, pk=pk, edition__in=standing_of(request).staffed)
        given = checked(QuestionSerializer, request)
        student = student_of(talk.edition, given["student"])
        domain.note_question(
            talk=talk, student=student, by=person_of(request), holds=given["holds"]
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
