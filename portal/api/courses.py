"""Rules, dates and people of an edition."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.api.places import Rows, joined, person_of, standing_of, taught
from portal.courses.coursepage import course_page
from portal.courses.models import Enrolment, Team
from portal.courses.rules import is_staff


class RulesSerializer(serializers.Serializer[Any]):
    """The rules that hold, as they were loaded, with what people settled since."""

    version = serializers.IntegerField(help_text="as results name it", allow_null=True)
    digest = serializers.CharField(help_text="SHA-256 of the version's text")
    levels = serializers.ListField(child=serializers.CharField(), help_text="lowest first")
    scale = serializers.JSONField(help_text="null where the edition has none yet")
    marks = serializers.JSONField(help_text="components that are marked by hand")
    rules = serializers.JSONField(help_text="as the edition's file writes them")
    settings = serializers.JSONField(help_text="what was left open, and the answer if any")


class DateSerializer(serializers.Serializer[Any]):
    """A deadline. Empty `item`: of the whole mini-project."""

    mini_project = serializers.CharField()
    item = serializers.CharField()
    title = serializers.CharField()
    due = serializers.DateTimeField(allow_null=True)
    why = serializers.CharField(help_text="where it is no plain date of the file")
    extended = serializers.BooleanField()


class SessionSerializer(serializers.Serializer[Any]):
    """A session of the edition on the day on which it is held now."""

    id = serializers.CharField()
    title = serializers.CharField()
    day = serializers.DateField(allow_null=True)
    moved = serializers.BooleanField()


class DatesSerializer(serializers.Serializer[Any]):
    """When sessions are held and what is due, for whoever asks."""

    sessions = SessionSerializer(many=True)
    deadlines = DateSerializer(many=True)


class PersonSerializer(serializers.ModelSerializer[Enrolment]):
    """Somebody in an edition. `person` is what other addresses take."""

    username = serializers.CharField(source="person.username")
    name = serializers.CharField(source="person.name")
    lecturer = serializers.CharField(source="lecturer.name", default="")

    class Meta:
        model = Enrolment
        fields = (
            *("person", "username", "name", "role", "number", "track", "group", "lecturer"),
            *("scale", "withdrawn_at"),
        )


class TeamSerializer(serializers.ModelSerializer[Team]):
    """Who owns work together; a student who works alone is a team, too."""

    members = serializers.SerializerMethodField()

    class Meta:
        model = Team
        fields = ("id", "name", "solo", "members")

    def get_members(self, team: Team) -> list[str]:
        """Their sign-in names."""
        return [person.username for person in team.members.all()]


class Rules(APIView):
    """The rules of an edition, for everybody in it."""

    @extend_schema(responses=RulesSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """The newest version."""
        edition = joined(request, pk)
        page = course_page(edition, person_of(request), staff=False)
        newest = next(iter(page["versions"]), None)
        file = edition.file
        marks = [each.model_dump(mode="json", exclude_defaults=True) for each in file.marks]
        scale = file.scale.model_dump(mode="json") if file.scale else None
        body = {
            "version": newest.rules_version if newest else None,
            "digest": newest.digest if newest else "",
            "levels": file.levels,
            "scale": scale,
            "marks": marks,
            "rules": [each.model_dump(mode="json", exclude_defaults=True) for each in file.rules],
            "settings": [
                {"id": s.asked.id, "asks": s.asked.asks, "who": s.asked.who, "value": s.value}
                for s in page["settings"]
            ],
        }
        return Response(RulesSerializer(body).data)


class Dates(APIView):
    """The sessions and deadlines of an edition: one's own; for staff, everybody's."""

    @extend_schema(responses=DatesSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """As they are now."""
        edition = joined(request, pk)
        staff = is_staff(standing_of(request), edition=edition.pk)
        page = course_page(edition, person_of(request), staff=staff)
        deadlines = []
        for work in page["work"]:
            items = [("", work.mini_project.title, work.due)]
            items += [(i.deliverable.id, i.deliverable.title, i.due) for i in work.items]
            deadlines += [
                {
                    "mini_project": work.mini_project.slug,
                    "item": item,
                    "title": title,
                    "due": due.moment,
                    "why": due.why,
                    "extended": due.extended,
                }
                for item, title, due in items
            ]
        sessions = [
            {"id": s.session.id, "title": s.session.title, "day": s.day, "moved": bool(s.moves)}
            for s in page["sessions"]
        ]
        return Response(DatesSerializer({"sessions": sessions, "deadlines": deadlines}).data)


class Roster(Rows):
    """Everybody in an edition, by sign-in name. Staff only."""

    serializer_class = PersonSerializer

    def rows(self) -> Any:  # noqa: ANN401 - a query
        """Those who withdrew, too."""
        rows = Enrolment.objects.filter(edition=taught(self.request, self.kwargs["pk"]))
        return rows.select_related("person", "lecturer").order_by("person__username")


class Teams(Rows):
    """The teams of an edition. Staff only."""

    serializer_class = TeamSerializer

    def rows(self) -> Any:  # noqa: ANN401 - a query
        """By name."""
        rows = Team.objects.filter(edition=taught(self.request, self.kwargs["pk"]))
        return rows.prefetch_related("members").order_by("name", "pk")
