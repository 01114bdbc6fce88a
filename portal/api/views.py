"""The addresses of the API. Each calls the function that the page calls, with its permissions."""

from typing import Any, cast

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.api import serializers as shapes
from portal.api.models import Scope, Token
from portal.api.places import checked, person_of
from portal.courses.models import Edition, MiniProject
from portal.courses.queries import editions_of, mini_projects_of
from portal.submissions import domain, lookups
from portal.submissions.models import Attempt, Lookup, Submission
from portal.submissions.queries import attempts_visible_to, lookups_of, visible_to


class Me(APIView):
    """Who the token stands for."""

    @extend_schema(responses=shapes.MeSerializer)
    def get(self, request: Request) -> Response:
        """The person, what the token may be used for, and the editions they are in."""
        person = person_of(request)
        enrolments = person.enrolments.select_related("edition__course").filter(
            edition__active=True
        )
        body = {
            "username": person.username,
            "name": person.name,
            "scopes": cast("Token", request.auth).scopes,
            "enrolments": enrolments.order_by("edition_id"),
        }
        return Response(shapes.MeSerializer(body).data)


class Editions(generics.ListAPIView[Edition]):
    """The active editions that the person is in, newest first."""

    serializer_class = shapes.EditionSerializer
    queryset = Edition.objects.none()

    def get_queryset(self) -> QuerySet[Edition]:
        """Their own."""
        return editions_of(person_of(self.request))


class MiniProjects(generics.ListAPIView[MiniProject]):
    """The mini-projects of an edition, in order."""

    serializer_class = shapes.MiniProjectSerializer
    queryset = MiniProject.objects.none()

    def get_queryset(self) -> QuerySet[MiniProject]:
        """Of one of their editions."""
        person = person_of(self.request)
        edition = get_object_or_404(editions_of(person), pk=self.kwargs["pk"])
        return mini_projects_of(person).filter(edition=edition)


class OneMiniProject(generics.RetrieveAPIView[MiniProject]):
    """A mini-project with its rubric."""

    serializer_class = shapes.RubricSerializer
    queryset = MiniProject.objects.none()

    def get_queryset(self) -> QuerySet[MiniProject]:
        """Of one of their editions."""
        return mini_projects_of(person_of(self.request)).prefetch_related("criteria__levels")


class Ask(APIView):
    """Have a link looked up for a mini-project: the first of the two steps of handing in."""

    scope = Scope.SUBMIT

    @extend_schema(request=shapes.AskSerializer, responses={201: shapes.LookupSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Answers at once; ask for the lookup until its `status` is no longer `waiting`."""
        person = person_of(request)
        mini_project = get_object_or_404(mini_projects_of(person), pk=pk)
        asked = checked(shapes.AskSerializer, request)
        found = lookups.ask(mini_project=mini_project, person=person, **asked)
        return Response(shapes.LookupSerializer(found).data, status.HTTP_201_CREATED)


class OneLookup(generics.RetrieveAPIView[Lookup]):
    """A lookup of one's own."""

    serializer_class = shapes.LookupSerializer
    queryset = Lookup.objects.none()

    def get_queryset(self) -> QuerySet[Lookup]:
        """Nobody sees those of others."""
        return lookups_of(person_of(self.request))


class Confirm(APIView):
    """Hand in the commit that a lookup found: the second step."""

    scope = Scope.SUBMIT

    @extend_schema(request=None, responses={201: shapes.AttemptInFullSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """The attempt, queued. Confirming twice gives the same one."""
        person = person_of(request)
        found = get_object_or_404(lookups_of(person), pk=pk)
        submitted = lookups.confirm(lookup=found, person=person)
        body = shapes.AttemptInFullSerializer(submitted.attempt).data
        return Response(body, status.HTTP_201_CREATED)


class Nowhere(APIView):
    """Whatever has no address here: told as JSON, too."""

    authentication_classes = ()
    permission_classes = ()
    schema = None

    def initial(self, *_: object, **__: object) -> None:
        """Whatever the method."""
        raise NotFound


MINI_PROJECT = OpenApiParameter("mini_project", int, description="only work for this one")


@extend_schema(parameters=[MINI_PROJECT])
class Submissions(generics.ListAPIView[Submission]):
    """The submissions that the person may see, newest first."""

    serializer_class = shapes.SubmissionSerializer
    queryset = Submission.objects.none()

    def get_queryset(self) -> QuerySet[Submission]:
        """Their teams' own, and all of the editions that they teach."""
        return _narrowed(visible_to(person_of(self.request)), self.request, "mini_project")


class OneSubmission(generics.RetrieveAPIView[Submission]):
    """A submission."""

    serializer_class = shapes.SubmissionSerializer
    queryset = Submission.objects.none()

    def get_queryset(self) -> QuerySet[Submission]:
        """As for the list."""
        return visible_to(person_of(self.request))


class Rerun(APIView):
    """Grade a submission once more. Staff of its edition only."""

    scope = Scope.TEACH

    @extend_schema(request=shapes.ReasonSerializer, responses={201: shapes.AttemptInFullSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """The new attempt, queued behind what students hand in."""
        person = person_of(request)
        submission = get_object_or_404(visible_to(person), pk=pk)
        asked = checked(shapes.ReasonSerializer, request)
        again = domain.rerun(submission=submission, by=person, **asked)
        return Response(shapes.AttemptInFullSerializer(again).data, status.HTTP_201_CREATED)


SUBMISSION = OpenApiParameter("submission", int, description="only attempts of this one")


@extend_schema(parameters=[SUBMISSION])
class Attempts(generics.ListAPIView[Attempt]):
    """The attempts that the person may see, newest first."""

    serializer_class = shapes.AttemptSerializer
    queryset = Attempt.objects.none()

    def get_queryset(self) -> QuerySet[Attempt]:
        """As for submissions."""
        return _narrowed(attempts_visible_to(person_of(self.request)), self.request, "submission")


class OneAttempt(generics.RetrieveAPIView[Attempt]):
    """An attempt with everything that its page shows."""

    serializer_class = shapes.AttemptInFullSerializer
    queryset = Attempt.objects.none()

    def get_queryset(self) -> QuerySet[Attempt]:
        """As for submissions."""
        return attempts_visible_to(person_of(self.request))


class Cancel(APIView):
    """Stop an attempt before it is done."""

    scope = Scope.SUBMIT

    @extend_schema(request=None, responses=shapes.AttemptInFullSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """The attempt as it is then; one that had ended stays what it was."""
        person = person_of(request)
        found = get_object_or_404(attempts_visible_to(person), pk=pk)
        domain.cancel(attempt=found, by=person)
        found.refresh_from_db()
        return Response(shapes.AttemptInFullSerializer(found).data)


def _narrowed(rows: QuerySet[Any], request: Request, name: str) -> QuerySet[Any]:
    """The rows, newest first; only those of the one that the query names."""
    wanted = request.query_params.get(name, "")
    if wanted:
        rows = rows.filter(**{name: int(wanted)}) if _is_number(wanted) else rows.none()
    return rows.order_by("-pk")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19  # noqa: PLR2004 - of 64 bits
