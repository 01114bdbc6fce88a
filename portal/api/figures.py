"""The numbers of a lecturer's dashboard."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.api.places import taught_project
from portal.dashboards import insight
from portal.submissions.classtable import class_table


class GridRowSerializer(serializers.Serializer[Any]):
    """A name, and a number per column; null where nothing is known."""

    name = serializers.CharField()
    numbers = serializers.ListField(child=serializers.FloatField(allow_null=True))


class GridSerializer(serializers.Serializer[Any]):
    """What one figure shows."""

    id = serializers.CharField()
    title = serializers.CharField()
    says = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())
    rows = GridRowSerializer(many=True)


class RiskSerializer(serializers.Serializer[Any]):
    """A student who may not get there, and why."""

    name = serializers.CharField()
    team = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())


class FiguresSerializer(serializers.Serializer[Any]):
    """Where the class stands."""

    figures = GridSerializer(many=True)
    at_risk = RiskSerializer(many=True)


class Figures(APIView):
    """Where the class stands with a mini-project. Staff only."""

    @extend_schema(responses=FiguresSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """The numbers behind the figures of the page."""
        project, now = taught_project(request, pk), timezone.now()
        edition = project.edition
        body = {
            "figures": [
                *insight.level_grids(project),
                insight.failing_checks(project),
                insight.verdict_times(project),
                insight.demo_load(edition, now=now),
            ],
            "at_risk": insight.at_risk(edition, project, class_table(edition), now=now),
        }
        return Response(FiguresSerializer(body).data)
