"""Demos: slots, who books them, what came of it, and videos instead."""

from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
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
    studied_project,
    taught,
    team_of,
)
from portal.api.serializers import ReasonSerializer
from portal.common.errors import Refused
from portal.courses.models import Edition, MiniProject
from portal.courses.rules import Role, is_staff
from portal.demos import domain
from portal.demos.choosing import Choice, choices, student_at
from portal.demos.models import LIVE_KINDS, TAKEN, Booking, Slot, Waiting
from portal.demos.offers import Kind, Status

NAMES = serializers.ListField(child=serializers.CharField(max_length=60), default=list)


class SlotSerializer(serializers.ModelSerializer[Slot]):
    """A time at which work can be shown. Empty `tracks`, `parts` and `item` mean any."""

    by = serializers.CharField(source="by.name", read_only=True)

    class Meta:
        model = Slot
        fields = (
            *("id", "kind", "starts_at", "minutes", "place", "tracks", "parts", "item"),
            *("capacity", "by"),
        )


class StaffSlotSerializer(SlotSerializer):
    """A slot, how many of its seats are taken, and how many teams wait for one."""

    taken = serializers.IntegerField(read_only=True)
    waiting = serializers.IntegerField(source="waiting_teams", read_only=True)

    class Meta(SlotSerializer.Meta):
        fields = (*SlotSerializer.Meta.fields, "taken", "waiting")  # type: ignore[assignment]


class PublishSerializer(serializers.Serializer[Any]):
    """Slots to be published: all of them, or none."""

    kind = serializers.ChoiceField([kind.value for kind in LIVE_KINDS])
    starts = serializers.ListField(child=serializers.DateTimeField(), max_length=200)
    minutes = serializers.IntegerField()
    place = serializers.CharField(max_length=300)
    tracks = NAMES
    parts = NAMES
    item = serializers.CharField(max_length=60, default="", allow_blank=True)
    capacity = serializers.IntegerField(default=1)


class ClosedSerializer(serializers.Serializer[Any]):
    """Why a slot is closed to somebody, by which rules, and what to do."""

    cites = serializers.ListField(child=serializers.CharField())
    says = serializers.CharField()
    todo = serializers.CharField()


class ChoiceSerializer(serializers.Serializer[Choice]):
    """A slot as a student sees it: open, waiting (full, with a list) or closed, and why.

    `waits` is the key of the team's place on the waiting list, if it has one.
    """

    slot = SlotSerializer()
    answer = serializers.ChoiceField(["open", "waiting", "closed"])
    ours = serializers.BooleanField()
    waits = serializers.IntegerField(source="waits.pk", default=None, allow_null=True)
    closed = ClosedSerializer(many=True)

    def to_representation(self, instance: Choice) -> dict[str, Any]:
        """The link of a call is for those who booked it."""
        told = super().to_representation(instance)
        if instance.slot.kind == Kind.CALL and not instance.ours:
            told["slot"]["place"] = ""
        return told


class BookingSerializer(serializers.ModelSerializer[Booking]):
    """Who shows what, when."""

    slot = SlotSerializer(read_only=True)
    team = serializers.CharField(source="team.name", read_only=True)
    mini_project = serializers.CharField(source="mini_project.slug", read_only=True)
    status = serializers.ChoiceField([each.value for each in Status], read_only=True)

    class Meta:
        model = Booking
        fields = ("id", "slot", "team", "mini_project", "item", "status", "at")
        read_only_fields = fields


class WaitingSerializer(serializers.ModelSerializer[Waiting]):
    """A place on the waiting list of a slot."""

    team = serializers.CharField(source="team.name", read_only=True)
    mini_project = serializers.CharField(source="mini_project.slug", read_only=True)

    class Meta:
        model = Waiting
        fields = ("id", "slot", "team", "mini_project", "item", "at")
        read_only_fields = fields


class BookSerializer(serializers.Serializer[Any]):
    """What is to be shown: a mini-project by its name, and one of its items."""

    mini_project = serializers.CharField(max_length=60)
    item = serializers.CharField(max_length=60)


class BookForSerializer(BookSerializer):
    """The same for a team. Against the rules only a lecturer can, with a reason."""

    team = serializers.IntegerField(min_value=0)
    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class CancelSerializer(serializers.Serializer[Any]):
    """Why; staff have to say it."""

    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class OutcomeSerializer(CancelSerializer):
    """What came of a booking. A correction takes a reason."""

    status = serializers.ChoiceField([Status.HELD.value, Status.ABSENT.value])
    minutes = serializers.IntegerField(required=False, min_value=1, max_value=600)


class VideoSerializer(serializers.Serializer[Any]):
    """A recording instead of a slot."""

    link = serializers.CharField(max_length=500)
    sent_at = serializers.DateTimeField(source="at", read_only=True)


class Slots(Rows):
    """All slots of an edition, by time. Staff only."""

    serializer_class = StaffSlotSerializer

    def rows(self) -> Any:  # noqa: ANN401 - a query
        """Those that were taken back are left out."""
        rows = Slot.objects.filter(edition=taught(self.request, self.kwargs["pk"]))
        taken = Count("bookings", filter=Q(bookings__status__in=TAKEN), distinct=True)
        rows = rows.filter(withdrawn_at=None).select_related("by").annotate(taken=taken)
        rows = rows.annotate(waiting_teams=Count("waiting", distinct=True))
        return rows.order_by("starts_at", "pk")

    @extend_schema(request=PublishSerializer, responses={201: SlotSerializer(many=True)})
    def post(self, request: Request, pk: int) -> Response:
        """Publish some."""
        edition = taught(request, pk)
        asked = checked(PublishSerializer, request)
        given = asked | {"kind": Kind(asked["kind"])}
        slots = domain.publish(edition=edition, by=person_of(request), **given)
        return Response(SlotSerializer(slots, many=True).data, status.HTTP_201_CREATED)


class OwnSlots(Rows):
    """The slots to come, as they are open or closed to a student for one piece of work."""

    serializer_class = ChoiceSerializer

    def rows(self) -> Any:  # noqa: ANN401 - a list
        """By time."""
        project = studied_project(self.request, self.kwargs["pk"])
        student = student_at(project.edition, person_of(self.request))
        occasion = student.desk.terms.occasion(project.slug, self.kwargs["item"])
        if occasion is None:
            raise NotFound
        return choices(student, project, occasion, now=timezone.now())


class Bookings(Rows):
    """The bookings of one's teams; for staff, all of the edition. Newest first."""

    serializer_class = BookingSerializer

    def rows(self) -> Any:  # noqa: ANN401 - a query
        """Cancelled ones, too."""
        edition, who = joined(self.request, self.kwargs["pk"]), standing_of(self.request)
        rows = Booking.objects.filter(slot__edition=edition)
        if not is_staff(who, edition=edition.pk):
            rows = rows.filter(team__in=who.teams)
        return rows.select_related("slot__by", "team", "mini_project").order_by("-pk")


class Book(APIView):
    """Take a slot for one's team."""

    scope = Scope.SUBMIT

    @extend_schema(request=BookSerializer, responses={201: BookingSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Refused with every reason why it is closed."""
        slot = _slot(pk, _studied(request))
        project, item = _work(slot.edition, checked(BookSerializer, request))
        booking = domain.book(slot=slot, mini_project=project, item=item, by=person_of(request))
        return Response(BookingSerializer(booking).data, status.HTTP_201_CREATED)


class Wait(APIView):
    """Join the waiting list of a full slot."""

    scope = Scope.SUBMIT

    @extend_schema(request=BookSerializer, responses={201: WaitingSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Whoever is first moves up when a seat gets free."""
        slot = _slot(pk, _studied(request))
        project, item = _work(slot.edition, checked(BookSerializer, request))
        row = domain.wait_for(slot=slot, mini_project=project, item=item, by=person_of(request))
        return Response(WaitingSerializer(row).data, status.HTTP_201_CREATED)


class Leave(APIView):
    """Leave a waiting list."""

    scope = Scope.SUBMIT

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        """For all of the team."""
        rows = Waiting.objects.select_related("slot")
        waiting = found(rows, pk=pk, team__in=standing_of(request).teams)
        domain.leave_waiting_list(waiting=waiting, by=person_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class BookFor(APIView):
    """Take a slot for a team. Staff only."""

    @extend_schema(request=BookForSerializer, responses={201: BookingSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """An exception from the rules leaves a trace."""
        slot = _slot(pk, standing_of(request).staffed)
        asked = checked(BookForSerializer, request)
        given = asked
        project, item = _work(slot.edition, given)
        booking = domain.book_for(
            slot=slot,
            mini_project=project,
            item=item,
            team=team_of(slot.edition, given["team"]),
            by=person_of(request),
            reason=given["reason"],
        )
        return Response(BookingSerializer(booking).data, status.HTTP_201_CREATED)


class Withdraw(APIView):
    """Take a slot back. Staff only."""

    @extend_schema(request=ReasonSerializer, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        """Whoever had booked it reads the reason."""
        slot = _slot(pk, standing_of(request).staffed)
        asked = checked(ReasonSerializer, request)
        domain.withdraw(slot=slot, by=person_of(request), **asked)
        return Response(status=status.HTTP_204_NO_CONTENT)


class CancelBooking(APIView):
    """Give a slot back: one's team, or staff with a reason."""

    scope = Scope.SUBMIT

    @extend_schema(request=CancelSerializer, responses=BookingSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Whoever is first on the waiting list moves up."""
        who = standing_of(request)
        booking = _booking(pk, Q(team__in=who.teams) | Q(slot__edition__in=who.staffed))
        asked = checked(CancelSerializer, request)
        domain.cancel(booking=booking, by=person_of(request), **asked)
        return Response(BookingSerializer(booking).data)


class Outcome(APIView):
    """Note that a demo was held, or that nobody came. Staff only."""

    @extend_schema(request=OutcomeSerializer, responses=BookingSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """The results know it at once."""
        booking = _booking(pk, Q(slot__edition__in=standing_of(request).staffed))
        asked = checked(OutcomeSerializer, request)
        given = asked | {"status": Status(asked["status"])}
        domain.note_outcome(booking=booking, by=person_of(request), **given)
        return Response(BookingSerializer(booking).data)


class SendVideo(APIView):
    """Send the link of a recording instead of booking a slot."""

    scope = Scope.SUBMIT

    @extend_schema(request=VideoSerializer, responses={201: VideoSerializer})
    def post(self, request: Request, pk: int, item: str) -> Response:
        """It counts from now on."""
        project = studied_project(request, pk)
        asked = checked(VideoSerializer, request)
        video = domain.send_video(mini_project=project, item=item, by=person_of(request), **asked)
        return Response(VideoSerializer(video).data, status.HTTP_201_CREATED)


def _studied(request: Request) -> list[int]:
    roles = standing_of(request).roles
    return [edition for edition, role in roles.items() if role is Role.STUDENT]


def _slot(pk: int, editions: list[int]) -> Slot:
    return found(Slot.objects.select_related("edition__course"), pk=pk, edition__in=editions)


def _booking(pk: int, mine: Q) -> Booking:
    rows = Booking.objects.select_related("slot__edition", "slot__by", "mini_project", "team")
    return found(rows.filter(mine), pk=pk)


def _work(edition: Edition, given: dict[str, Any]) -> tuple[MiniProject, str]:
    project = MiniProject.objects.filter(edition=edition, slug=given["mini_project"]).first()
    if project is None:
        raise Refused("This edition has no such mini-project.")
    project.edition = edition
    return project, str(given["item"])
