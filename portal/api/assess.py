"""Marks and levels: what staff give by hand."""

from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from lab_specs.edition.syllabus import MarkFile
from portal.api.models import Scope
from portal.api.places import Rows, checked, person_of, student_of, taught, taught_project, team_of
from portal.assessment import domain
from portal.assessment.desk import Desk, desk_of
from portal.assessment.marksheet import key_of, owner_key, owners_of
from portal.assessment.models import Mark
from portal.assessment.models.decisions import FIRST, RESIT
from portal.assessment.queries import Line
from portal.common.errors import Refused
from portal.courses.models import Edition, Team

CHANCES = [(FIRST, "the first"), (RESIT, "the resit")]
CHANCE = OpenApiParameter("chance", int, enum=[FIRST, RESIT], description="2: the resit")


class MarkSerializer(serializers.Serializer[Any]):
    """A mark of a student or a team. `version` is 0 and `points` null while there is none."""

    owner = serializers.IntegerField(help_text="key of the student or the team")
    name = serializers.CharField()
    points = serializers.DecimalField(7, 3, allow_null=True)
    version = serializers.IntegerField()


class GiveMarkSerializer(serializers.Serializer[Any]):
    """A mark to be given, changed, or taken back (`points` null, with a reason)."""

    owner = serializers.IntegerField(help_text="key of the student or the team", min_value=0)
    points = serializers.DecimalField(7, 3, allow_null=True)
    chance = serializers.ChoiceField(CHANCES, default=FIRST)
    seen = serializers.IntegerField(
        default=0, min_value=0, max_value=10**6, help_text="the version that you know; 0: none"
    )
    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class DecisionSerializer(serializers.Serializer[Any]):
    """What an assessor said."""

    level = serializers.CharField(source="level.name")
    assessor = serializers.CharField(source="assessor.name")
    comment = serializers.CharField()
    version = serializers.IntegerField()
    decided_at = serializers.DateTimeField()


class JudgedSerializer(serializers.Serializer[Line]):
    """A criterion of a team's work, with what is proposed and what was decided.

    `other` is the second assessor's word; it is shown once one's own is given.
    """

    criterion = serializers.IntegerField(source="criterion.pk")
    slug = serializers.CharField(source="criterion.slug")
    title = serializers.CharField(source="criterion.title")
    levels = serializers.ListField(child=serializers.CharField(), help_text="lowest first")
    proposed = serializers.CharField(help_text="by the checks; empty when they have no say")
    decision = DecisionSerializer(source="assessment", allow_null=True)
    other = serializers.SerializerMethodField()

    def get_other(self, line: Line) -> str | None:
        """The level."""
        return line.other.level.name if line.assessment and line.other else None


class DecideSerializer(serializers.Serializer[Any]):
    """A level for one criterion. Against what is proposed it takes a comment."""

    criterion = serializers.IntegerField()
    level = serializers.CharField(max_length=200)
    comment = serializers.CharField(max_length=4_000, default="", allow_blank=True)
    seen = serializers.IntegerField(
        default=0, min_value=0, max_value=10**6, help_text="the version that you know; 0: none"
    )


@extend_schema(parameters=[CHANCE])
class Marks(Rows):
    """Everybody's mark of one kind. Staff only."""

    serializer_class = MarkSerializer

    def rows(self) -> Any:  # noqa: ANN401 - a list
        """By name; those without one, too."""
        edition, file = self.place()
        chance = chance_of(self.request)
        rows = Mark.objects.filter(edition=edition, mark=file.id, chance=chance)
        held = {key_of(each): each for each in rows}
        owners = owners_of(edition, file)
        return [marked(each.pk, each.name, held.get(owner_key(each))) for each in owners]

    @extend_schema(request=GiveMarkSerializer, responses=MarkSerializer, parameters=[])
    def post(self, request: Request, **_: object) -> Response:
        """Give one."""
        edition, file = self.place()
        asked = checked(GiveMarkSerializer, request)
        given = asked
        pk = given.pop("owner")
        owner = team_of(edition, pk) if file.by == "team" else student_of(edition, pk)
        mark = domain.give_mark(
            edition=edition, mark=file.id, owner=owner, by=person_of(request), **given
        )
        return Response(MarkSerializer(marked(owner.pk, owner.name, mark)).data)

    def place(self) -> tuple[Edition, MarkFile]:
        """The edition, and what its file says of the mark."""
        edition = taught(self.request, self.kwargs["pk"])
        for each in edition.file.marks:
            if each.id == self.kwargs["mark"]:
                return edition, each
        raise NotFound


@extend_schema(parameters=[CHANCE])
class Levels(Rows):
    """The criteria of a team's work for a mini-project. Staff only."""

    serializer_class = JudgedSerializer
    scope = Scope.TEACH

    def rows(self) -> Any:  # noqa: ANN401 - a list
        """In order, as they concern the newest work."""
        return self.desk().lines()

    @extend_schema(request=DecideSerializer, responses=JudgedSerializer, parameters=[CHANCE])
    def post(self, request: Request, **_: object) -> Response:
        """Decide one: confirm what is proposed, or override it."""
        asked = checked(DecideSerializer, request)
        given, desk = asked, self.desk()
        line = _line(desk, given["criterion"])
        level = next((each for each in line.levels if each.name == given["level"]), None)
        if level is None:
            raise Refused("This criterion has no such level.")
        domain.decide(
            team=desk.team,
            criterion=line.criterion,
            level=level,
            by=desk.person,
            attempt=desk.attempt,
            comment=given["comment"],
            seen=given["seen"],
            chance=desk.chance,
        )
        return Response(JudgedSerializer(_line(desk, line.criterion.pk)).data)

    def desk(self) -> Desk:
        """The work, with its newest attempt."""
        project = taught_project(self.request, self.kwargs["pk"])
        team: Team = team_of(project.edition, self.kwargs["team"])
        return desk_of(project, team, person_of(self.request), chance_of(self.request))


def _line(desk: Desk, criterion: int) -> Line:
    for line in desk.lines():
        if line.criterion.pk == criterion:
            return line
    raise Refused("This work has no such criterion.")


def chance_of(request: Request) -> int:
    """Which chance the address names."""
    return RESIT if request.query_params.get("chance") == str(RESIT) else FIRST


def marked(owner: int, name: object, mark: Mark | None) -> dict[str, Any]:
    """A mark as it is told."""
    points = cast("Any", mark.points) if mark else None
    version = mark.version if mark else 0
    return {"owner": owner, "name": str(name), "points": points, "version": version}
