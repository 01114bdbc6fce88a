"""Whose page or deed it is: the staff's of an edition, or a student's own."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from portal.courses.models import Edition, Enrolment
from portal.courses.queries import standing
from portal.courses.rules import Role, is_lecturer, is_staff
from portal.people.models import User
from portal.people.requests import Request


def taught(request: Request, pk: int) -> Edition:
    """The edition, for its staff; there is nothing here for anybody else."""
    staffed = standing(request.user).staffed
    return get_object_or_404(Edition.objects.select_related("course"), pk=pk, pk__in=staffed)


def led(request: Request, pk: int) -> Edition:
    """The edition, for its lecturers; its assistants are told that this is not theirs."""
    edition = taught(request, pk)
    if not is_lecturer(standing(request.user), edition=pk):
        raise PermissionDenied
    return edition


def demand_staff(by: User, edition: Edition) -> None:
    """PermissionDenied for anybody but the staff of this edition."""
    if not is_staff(standing(by), edition=edition.pk):
        raise PermissionDenied


def studied(request: Request, pk: int) -> Edition:
    """The edition, for its students; there is nothing here for anybody else."""
    if standing(request.user).roles.get(pk) is not Role.STUDENT:
        raise Http404
    return get_object_or_404(Edition.objects.select_related("course"), pk=pk)


def student_of(edition: Edition, person: int) -> User:
    """A student of the edition."""
    row = get_object_or_404(
        Enrolment.objects.select_related("person"),
        edition=edition,
        person__in=User.objects.filter(pk=person),  # of any length: there is nobody of such a key
        role=Role.STUDENT,
    )
    return row.person
