"""The lecturer's sheet beside a demo."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.api.places import checked, found, person_of, standing_of
from portal.api.talks import SpeakerSerializer
from portal.common.errors import Refused
from portal.courses.models import Level
from portal.demos import domain
from portal.demos.domain.sheets import LONGEST, TEXT, Filled
from portal.demos.models import Booking, DemoNote

AT_MOST = 200  # entries of a list


class TickedSerializer(serializers.Serializer[Any]):
    """A level that was ticked for a criterion. It waits in the review form as a draft."""

    criterion = serializers.IntegerField()
    level = serializers.CharField(max_length=200)


class FilledSerializer(serializers.Serializer[Any]):
    """What stands on a sheet. It takes the place of all that stood there."""

    text = serializers.CharField(max_length=TEXT, default="", allow_blank=True)
    levels = TickedSerializer(many=True, default=list)
    asked = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=AT_MOST),
        max_length=AT_MOST,
        default=list,
        help_text="numbers of `questions`, from 0",
    )
    present = serializers.ListField(
        child=serializers.IntegerField(min_value=0),
        max_length=AT_MOST,
        default=list,
        help_text="keys of the members who were there",
    )
    seconds = serializers.IntegerField(min_value=0, max_value=LONGEST, default=0)


class SaveSerializer(FilledSerializer):
    """A sheet to be kept; `finish`: the demo was held. To finish again takes a reason."""

    seen = serializers.IntegerField(
        default=0, min_value=0, max_value=10**6, help_text="the version that you know; 0: none"
    )
    finish = serializers.BooleanField(default=False)
    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class SheetSerializer(FilledSerializer):
    """A sheet, with the members and the theory questions. `version` is 0 while there is none."""

    version = serializers.IntegerField()
    saved_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    by = serializers.CharField(help_text="who saved it; empty while nobody did")
    members = SpeakerSerializer(many=True)
    questions = serializers.ListField(child=serializers.CharField())


class Sheet(APIView):
    """The sheet of a booking. Staff only."""

    @extend_schema(responses=SheetSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """As it was saved last."""
        return Response(SheetSerializer(_told(_booking(request, pk))).data)

    @extend_schema(request=SaveSerializer, responses=SheetSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Save it, and finish it if so asked: both, or nothing."""
        booking, by = _booking(request, pk), person_of(request)
        given = checked(SaveSerializer, request)
        seen, finish, reason = (given.pop(name) for name in ("seen", "finish", "reason"))
        filled = Filled(**given | {"levels": _levels(booking, given["levels"])})
        with transaction.atomic():
            sheet = domain.save_sheet(of=booking, filled=filled, by=by, seen=seen)
            if finish:
                domain.finish(sheet=sheet, by=by, reason=reason)
        return Response(SheetSerializer(_told(booking)).data)


def _booking(request: Request, pk: int) -> Booking:
    rows = Booking.objects.select_related("slot__by", "mini_project__edition__course", "team")
    return found(rows, pk=pk, mini_project__edition__in=standing_of(request).staffed)


def _levels(booking: Booking, ticked: list[dict[str, Any]]) -> dict[int, int]:
    """Levels by their criteria, both by their keys."""
    rows = Level.objects.filter(criterion__mini_project=booking.mini_project)
    known = {(row.criterion_id, row.name): row.pk for row in rows}
    wanted = {each["criterion"]: (each["criterion"], each["level"]) for each in ticked}
    if not set(wanted.values()) <= set(known):
        raise Refused("This work has no such criterion, or the criterion no such level.")
    return {criterion: known[pair] for criterion, pair in wanted.items()}


def _told(booking: Booking) -> dict[str, Any]:
    sheet = DemoNote.objects.filter(booking=booking).select_related("by").first()
    project = booking.mini_project
    part = next((p for p in project.edition.file.mini_projects if p.id == project.slug), None)
    held = sheet or DemoNote(version=0)
    levels = Level.objects.filter(pk__in=held.levels.values())
    return {
        **{name: getattr(held, name) for name in ("text", "asked", "present", "seconds")},
        **{name: getattr(held, name) for name in ("version", "saved_at", "finished_at")},
        "levels": [{"criterion": row.criterion_id, "level": row.name} for row in levels],
        "by": sheet.by.name if sheet else "",
        "members": booking.team.members.order_by("display_name", "pk"),
        "questions": part.theory if part else (),
    }
