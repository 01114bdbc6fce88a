"""What an edition's office settles: publishing, resits, requests, dates, open settings."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.api.models import Scope
from portal.api.places import (
    Rows,
    checked,
    found,
    joined,
    person_of,
    standing_of,
    studied,
    taught,
    taught_project,
    team_of,
)
from portal.assessment import domain
from portal.assessment.models import ReviewRequest
from portal.assessment.models.published import Step
from portal.assessment.published import Stand, stand_of
from portal.assessment.results import book_of, resit_of
from portal.courses import domain as courses
from portal.courses.rules import is_staff

REASON = 500


class StandSerializer(serializers.Serializer[Stand]):
    """How far publishing is: open, frozen or published."""

    stands = serializers.CharField(source="word", read_only=True)
    since = serializers.DateTimeField(source="last.at", read_only=True, allow_null=True)


class StepSerializer(serializers.Serializer[Any]):
    """A step of publishing. To unfreeze takes a reason, which students read."""

    step = serializers.ChoiceField([step.value for step in Step])
    reason = serializers.CharField(max_length=REASON, default="", allow_blank=True)


class ResitSerializer(serializers.Serializer[Any]):
    """A student who needs a resit, and what is to be redone."""

    person = serializers.IntegerField()
    username = serializers.CharField()
    name = serializers.CharField()
    status = serializers.CharField()
    parts = serializers.ListField(child=serializers.CharField())
    videos = serializers.ListField(child=serializers.CharField())
    minutes = serializers.IntegerField(allow_null=True)


class TakePartSerializer(serializers.Serializer[Any]):
    """Whether one takes part in the resit."""

    takes_part = serializers.BooleanField()


class AnswerSerializer(serializers.Serializer[Any]):
    """The answer to a request. `changed`: whether the assessment was changed for it."""

    words = serializers.CharField(max_length=2_000)
    changed = serializers.BooleanField()


class RequestSerializer(serializers.ModelSerializer[ReviewRequest]):
    """A student asks to look again: at a mini-project, a mark, or (empty) the whole result."""

    student = serializers.CharField(source="student.username", read_only=True)
    words = serializers.CharField(max_length=2_000)
    answer = AnswerSerializer(read_only=True, allow_null=True)

    class Meta:
        model = ReviewRequest
        fields = ("id", "student", "part", "words", "at", "answer")
        read_only_fields = ("id", "student", "at", "answer")


class SessionDaySerializer(serializers.Serializer[Any]):
    """A session is held on another day."""

    session = serializers.CharField(max_length=60)
    on = serializers.DateField()
    reason = serializers.CharField(max_length=REASON)


class SettleSerializer(serializers.Serializer[Any]):
    """The answer to what the edition's file leaves open."""

    setting = serializers.CharField(max_length=60)
    value = serializers.JSONField()
    reason = serializers.CharField(max_length=REASON)


class ExtendSerializer(serializers.Serializer[Any]):
    """More time for a team. Empty `deliverable`: for all of the mini-project."""

    team = serializers.IntegerField(min_value=0)
    deliverable = serializers.CharField(max_length=60, default="", allow_blank=True)
    until = serializers.DateTimeField()
    reason = serializers.CharField(max_length=REASON)


class Publishing(APIView):
    """How far the publishing of the results is. Staff only; lecturers take the steps."""

    @extend_schema(responses=StandSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Open, frozen or published."""
        return Response(StandSerializer(stand_of(taught(request, pk))).data)

    @extend_schema(request=StepSerializer, responses=StandSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Freeze, publish or unfreeze."""
        edition, by = taught(request, pk), person_of(request)
        given = checked(StepSerializer, request)
        if given["step"] == Step.FREEZE:
            domain.freeze(edition=edition, by=by, reason=given["reason"])
        elif given["step"] == Step.PUBLISH:
            domain.publish(edition=edition, by=by)
        else:
            domain.unfreeze(edition=edition, by=by, reason=given["reason"])
        return Response(StandSerializer(stand_of(edition)).data)


class Resits(Rows):
    """Who has to redo what, and whether it is arranged. Staff only."""

    serializer_class = ResitSerializer

    def rows(self) -> Any:  # noqa: ANN401 - a list
        """By name."""
        book = book_of(taught(self.request, self.kwargs["pk"]))
        return [
            {
                **{name: getattr(line.student, name) for name in ("person", "username", "name")},
                "status": resit.status.value,
                **{name: getattr(resit, name) for name in ("parts", "videos", "minutes")},
            }
            for line in book.lines
            if (resit := resit_of(book, line))
        ]


class OwnResit(APIView):
    """A student's own resit."""

    scope = Scope.SUBMIT

    @extend_schema(request=TakePartSerializer, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        """Arrange it, or take that back."""
        edition = studied(request, pk)
        holds = checked(TakePartSerializer, request)["takes_part"]
        domain.take_part(edition=edition, student=person_of(request), holds=holds)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Requests(Rows):
    """One's own requests to look again; for staff, all of the edition. Newest first."""

    serializer_class = RequestSerializer
    scope = Scope.SUBMIT

    def rows(self) -> Any:  # noqa: ANN401 - a query
        """With their answers."""
        edition = joined(self.request, self.kwargs["pk"])
        rows = ReviewRequest.objects.filter(edition=edition)
        if not is_staff(standing_of(self.request), edition=edition.pk):
            rows = rows.filter(student=person_of(self.request))
        return rows.select_related("student", "answer").order_by("-pk")

    @extend_schema(request=RequestSerializer, responses={201: RequestSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Ask, as a student."""
        edition = studied(request, pk)
        given = checked(RequestSerializer, request)
        made = domain.ask_again(edition=edition, student=person_of(request), **given)
        return Response(RequestSerializer(made).data, status.HTTP_201_CREATED)


class AnswerRequest(APIView):
    """Answer a request on the record. Staff only."""

    @extend_schema(request=AnswerSerializer, responses={201: AnswerSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Once; the student reads it."""
        asked = found(ReviewRequest.objects.all(), pk=pk, edition__in=standing_of(request).staffed)
        given = checked(AnswerSerializer, request)
        made = domain.answer(request=asked, by=person_of(request), **given)
        return Response(AnswerSerializer(made).data, status.HTTP_201_CREATED)


class MoveSession(APIView):
    """Hold a session on another day. Staff only."""

    @extend_schema(request=SessionDaySerializer, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        """What is due relative to it moves with it."""
        given = checked(SessionDaySerializer, request)
        courses.move_session(edition=taught(request, pk), by=person_of(request), **given)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Settle(APIView):
    """Settle what the edition's file leaves open. Staff only."""

    @extend_schema(request=SettleSerializer, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        """Results that waited for it are worked out with it from now on."""
        given = checked(SettleSerializer, request)
        courses.answer(edition=taught(request, pk), by=person_of(request), **given)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Extend(APIView):
    """Give a team more time. Staff only."""

    @extend_schema(request=ExtendSerializer, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        """The newest extension holds."""
        project = taught_project(request, pk)
        given = checked(ExtendSerializer, request)
        team = team_of(project.edition, given.pop("team"))
        courses.extend(mini_project=project, team=team, by=person_of(request), **given)
        return Response(status=status.HTTP_204_NO_CONTENT)
