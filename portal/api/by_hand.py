"""What staff say of one student: presence, a rule lifted, points moved, a resit arranged."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.api.places import checked, person_of, student_of, taught
from portal.assessment import domain
from portal.courses.models import Edition
from portal.people.models import User

REASON = 500


class PresenceSerializer(serializers.Serializer[Any]):
    """Whether a student was at a session, a mark's exam or the 'resit'; null: taken back."""

    event = serializers.CharField(max_length=60)
    present = serializers.BooleanField(allow_null=True)
    reason = serializers.CharField(max_length=REASON, default="", allow_blank=True)


class LiftSerializer(serializers.Serializer[Any]):
    """A rule to be lifted, or (`holds` false) to hold again. Empty `part`: everywhere."""

    rule = serializers.CharField(max_length=20)
    part = serializers.CharField(max_length=60, default="", allow_blank=True)
    holds = serializers.BooleanField(default=True)
    reason = serializers.CharField(max_length=REASON)


class MoveSerializer(serializers.Serializer[Any]):
    """Points to be added to the value, or taken off; 0 takes that back."""

    points = serializers.DecimalField(7, 3)
    reason = serializers.CharField(max_length=REASON)


class ArrangedSerializer(serializers.Serializer[Any]):
    """A resit was arranged; without a day, today. `holds` false: that is taken back."""

    on = serializers.DateField(allow_null=True, default=None)
    holds = serializers.BooleanField(default=True)
    reason = serializers.CharField(max_length=REASON, default="", allow_blank=True)


class NotePresence(APIView):
    """Note whether a student was there. Staff only."""

    @extend_schema(request=PresenceSerializer, responses={204: None})
    def post(self, request: Request, pk: int, person: int) -> Response:
        """The newest note holds."""
        edition, student = _place(request, pk, person)
        given = checked(PresenceSerializer, request)
        domain.note_presence(edition=edition, student=student, by=person_of(request), **given)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Lift(APIView):
    """Lift a rule for a student, or let it hold again. Lecturers only."""

    @extend_schema(request=LiftSerializer, responses={204: None})
    def post(self, request: Request, pk: int, person: int) -> Response:
        """Where the edition's rules allow it."""
        edition, student = _place(request, pk, person)
        given = checked(LiftSerializer, request)
        domain.lift(edition=edition, owner=student, by=person_of(request), **given)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Move(APIView):
    """Move a student's value by some points. Lecturers only."""

    @extend_schema(request=MoveSerializer, responses={204: None})
    def post(self, request: Request, pk: int, person: int) -> Response:
        """Within the bounds of the edition's rule."""
        edition, student = _place(request, pk, person)
        given = checked(MoveSerializer, request)
        domain.move(edition=edition, owner=student, by=person_of(request), **given)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Arrange(APIView):
    """Note that a student's resit was arranged. Staff only."""

    @extend_schema(request=ArrangedSerializer, responses={204: None})
    def post(self, request: Request, pk: int, person: int) -> Response:
        """On an earlier day, too."""
        edition, student = _place(request, pk, person)
        given = checked(ArrangedSerializer, request)
        domain.appoint(edition=edition, student=student, by=person_of(request), **given)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _place(request: Request, pk: int, person: int) -> tuple[Edition, User]:
    edition = taught(request, pk)
    return edition, student_of(edition, person)
