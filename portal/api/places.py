"""Whose edition it is, as the pages have it: there is nothing here for anybody else."""

from collections.abc import Collection
from typing import Any, TypeVar, cast

from django.db.models import Model, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework import generics, serializers
from rest_framework.request import Request

from portal.courses.models import Edition, Enrolment, MiniProject, Team
from portal.courses.queries import standing
from portal.courses.rules import Role, Standing
from portal.people.models import User

M = TypeVar("M", bound=Model)


class Rows(generics.ListAPIView[Any]):
    """A list, shown a page at a time, that need not be a query."""

    queryset = Edition.objects.none()

    def get_queryset(self) -> QuerySet[Any]:
        """The rows; a page of them is all that is read of a query."""
        return cast("QuerySet[Any]", self.rows())

    def rows(self) -> Any:  # noqa: ANN401 - a query or a list
        """All of them, in order."""
        raise NotImplementedError


def person_of(request: Request) -> User:
    """Whoever the token stands for: `HasScope` lets nobody else through."""
    return cast("User", request.user)


def standing_of(request: Request) -> Standing:
    """Their roles and teams."""
    return standing(person_of(request))


def joined(request: Request, pk: int) -> Edition:
    """An edition, for everybody in it."""
    return _edition(pk, list(standing_of(request).roles))


def taught(request: Request, pk: int) -> Edition:
    """An edition, for its staff."""
    return _edition(pk, standing_of(request).staffed)


def studied(request: Request, pk: int) -> Edition:
    """An edition, for its students."""
    return _edition(pk, _of_student(request))


def studied_project(request: Request, pk: int) -> MiniProject:
    """A mini-project, for the students of its edition."""
    return _project(pk, _of_student(request))


def taught_project(request: Request, pk: int) -> MiniProject:
    """A mini-project, for the staff of its edition."""
    return _project(pk, standing_of(request).staffed)


def joined_project(request: Request, pk: int) -> MiniProject:
    """A mini-project, for everybody in its edition."""
    return _project(pk, list(standing_of(request).roles))


def student_of(edition: Edition, pk: int) -> User:
    """A student of an edition."""
    rows = Enrolment.objects.filter(edition=edition, role=Role.STUDENT).select_related("person")
    return found(rows, person=pk).person


def team_of(edition: Edition, pk: int) -> Team:
    """A team of an edition, also of one student."""
    return found(Team.objects.filter(edition=edition), pk=pk)


def checked(shape: type[serializers.BaseSerializer[Any]], request: Request) -> dict[str, Any]:
    """What was sent, as it should be; 400 otherwise."""
    asked = shape(data=request.data)
    asked.is_valid(raise_exception=True)
    return cast("dict[str, Any]", dict(asked.validated_data))


def found(rows: QuerySet[M], **which: Any) -> M:  # noqa: ANN401 - as Django's own
    """The one row, or 404: for a number that no database holds, too."""
    if any(isinstance(value, int) and value >= 2**63 for value in which.values()):
        raise Http404
    return get_object_or_404(rows, **which)


def _of_student(request: Request) -> list[int]:
    roles = standing_of(request).roles
    return [edition for edition, role in roles.items() if role is Role.STUDENT]


def _edition(pk: int, known: Collection[int]) -> Edition:
    return found(Edition.objects.select_related("course"), pk=pk, pk__in=known)


def _project(pk: int, known: Collection[int]) -> MiniProject:
    rows = MiniProject.objects.select_related("edition__course")
    return found(rows, pk=pk, edition__in=known)
