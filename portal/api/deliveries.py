"""What is handed in beside code: reports, presentations, updates."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.models import Scope
from portal.api.places import Rows, checked, joined_project, person_of, standing_of
from portal.courses.rules import is_staff
from portal.deliveries import domain
from portal.deliveries.models import Delivery


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """Something handed in. `by` is null where the portal itself took it at a deadline."""

    team = serializers.CharField(source="team.name", read_only=True)
    by = serializers.CharField(source="by.username", read_only=True, allow_null=True)

    class Meta:
        model = Delivery
        fields = ("id", "deliverable", "team", "by", "at", "link", "commit", "text")
        read_only_fields = fields


class DeliverSerializer(serializers.Serializer[Any]):
    """A deliverable by its name, with a link (or a path in the repository) or a text."""

    deliverable = serializers.CharField(max_length=60)
    link = serializers.CharField(max_length=500, default="", allow_blank=True)
    text = serializers.CharField(max_length=100_000, default="", allow_blank=True)


class Deliveries(Rows):
    """What one's teams handed in for a mini-project; for staff, what all did. Newest first."""

    serializer_class = DeliverySerializer
    scope = Scope.SUBMIT

    def rows(self) -> Any:  # noqa: ANN401 - a query
        """Earlier ones of the same deliverable, too."""
        project, who = joined_project(self.request, self.kwargs["pk"]), standing_of(self.request)
        rows = Delivery.objects.filter(mini_project=project).select_related("team", "by")
        if not is_staff(who, edition=project.edition_id):
            rows = rows.filter(team__in=who.teams)
        return rows.order_by("-pk")

    @extend_schema(request=DeliverSerializer, responses={201: DeliverySerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Hand in one; the newest is read."""
        project = joined_project(request, pk)
        asked = checked(DeliverSerializer, request)
        kept = domain.deliver(mini_project=project, by=person_of(request), **asked)
        return Response(DeliverySerializer(kept).data, status.HTTP_201_CREATED)
