"""A link becomes a commit before anybody confirms it: the only writer of a lookup's status."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from lab_specs import link as links
from lab_specs.faults import Code
from portal.common.errors import Refused, TooOften
from portal.common.text import storable, storable_json
from portal.courses.domain import team_for
from portal.courses.models import MiniProject, Team
from portal.people.limits import Limit
from portal.people.models import User
from portal.submissions import dispatch, domain
from portal.submissions.models import Lookup, LookupStatus

REANNOUNCE_AFTER = timedelta(seconds=10)
GIVE_UP_AFTER = timedelta(minutes=2)
# Each look-up talks to somebody else's host. It also bounds submissions: each needs its own.
LOOK_UPS = Limit("look-up", at_once=60, every=timedelta(seconds=5))


def ask(
    *,
    mini_project: MiniProject,
    person: User,
    lab: str,
    link: str,
    ref: str = "",
    context: str = "",
    dockerfile: str = "",
) -> Lookup:
    """Have a link resolved to a commit. StudentFault when it cannot even be read.

    What is typed into its own field wins over what the link says (`…/tree/<ref>/<folder>`).
    """
    if lab not in mini_project.labs:
        raise Refused(f"{mini_project.title} has no lab called {lab!r}.")
    team = team_for(person=person, mini_project=mini_project)
    if wait := LOOK_UPS.take(person.pk):
        raise TooOften("These were many links in a short time. Nothing is lost.", wait)
    parsed = links.parse(link, hosts=settings.GIT_HOSTS, local=settings.LOCAL_REPOSITORIES)
    with transaction.atomic():
        lookup = Lookup.objects.create(
            mini_project=mini_project,
            team=team,
            person=person,
            lab=lab,
            repository=parsed.repository,
            ref=links.clean_ref(ref) or parsed.ref,
            context=links.clean_path(context) or parsed.folder or ".",
            dockerfile=links.clean_path(dockerfile),
            created_at=timezone.now(),
        )
        transaction.on_commit(partial(_announce, lookup.pk))
    lookup.refresh_from_db()
    return lookup


def look_at_default(
    *, mini_project: MiniProject, team: Team, person: User, repository: str, lab: str = ""
) -> Lookup:
    """Have the portal itself find what the default branch of a known repository is now.

    `person`: on whose behalf. No limit counts it, and nobody has to confirm it.
    """
    with transaction.atomic():
        lookup = Lookup.objects.create(
            mini_project=mini_project,
            team=team,
            person=person,
            lab=lab,
            repository=repository,
            created_at=timezone.now(),
        )
        transaction.on_commit(partial(_announce, lookup.pk))
    return lookup


def note_found(
    *,
    mini_project: MiniProject,
    team: Team,
    person: User,
    repository: str,
    lab: str,
    commit: str,
    commit_title: str,
    committed_at: datetime | None,
) -> Lookup:
    """A look-up that needed no worker: somebody knows already which commit it is."""
    now = timezone.now()
    return Lookup.objects.create(
        mini_project=mini_project,
        team=team,
        person=person,
        lab=lab,
        repository=repository,
        commit=commit,
        commit_title=storable(commit_title)[:200],
        committed_at=committed_at,
        status=LookupStatus.FOUND,
        created_at=now,
        answered_at=now,
    )


def answer_lookup(
    *,
    lookup_id: int,
    commit: str,
    commit_title: str = "",
    committed_at: datetime | None = None,
    context: str = "",
    dockerfile: str = "",
) -> bool:
    """The link points at this commit. False when the lookup has been answered already.

    Context and Dockerfile, when given, come from the repository's own `mlops.yaml` and win.
    """
    own = {"context": links.clean_path(context), "dockerfile": links.clean_path(dockerfile)}
    return _answer(
        lookup_id,
        LookupStatus.FOUND,
        commit=commit,
        commit_title=storable(commit_title)[:200],
        committed_at=committed_at,
        **{name: path for name, path in own.items() if path},
    )


def fail_lookup(*, lookup_id: int, code: Code, facts: Mapping[str, Any]) -> bool:
    """The link cannot be resolved, for this reason. False as for `answer_lookup`."""
    return _answer(lookup_id, LookupStatus.FAILED, fault=code.value, facts=storable_json(facts))


def confirm(*, lookup: Lookup, person: User) -> domain.Submitted:
    """Hand in what was found. A second click finds the submission that the first one made."""
    if lookup.person_id != person.pk:
        raise PermissionDenied
    with transaction.atomic():
        found = Lookup.objects.select_for_update().get(pk=lookup.pk)
        if found.submission is not None:
            attempt = found.submission.attempts.order_by("number")[0]
            return domain.Submitted(found.submission, attempt, ())
        if found.status != LookupStatus.FOUND:
            raise Refused("This link has not been resolved to a commit.")
        submitted = domain.submit(
            mini_project=found.mini_project,
            team=found.team,
            by=person,
            lab=found.lab,
            repository=found.repository,
            ref=found.ref,
            commit=found.commit,
            commit_title=found.commit_title,
            committed_at=found.committed_at,
            context=found.context,
            dockerfile=found.dockerfile,
        )
        Lookup.objects.filter(pk=found.pk).update(submission=submitted.submission)
    submitted.attempt.refresh_from_db()
    return submitted


def ring_again(*, now: datetime) -> int:
    """Announce waiting lookups that nobody seems to have heard of; give up on very old ones."""
    waiting = Lookup.objects.filter(status=LookupStatus.WAITING)
    for pk in waiting.filter(created_at__lt=now - GIVE_UP_AFTER).values_list("pk", flat=True):
        fail_lookup(lookup_id=pk, code=Code.WORKER_LOST, facts={})
    unheard = Q(announced_at__isnull=True) | Q(announced_at__lt=now - REANNOUNCE_AFTER)
    announced = 0
    for pk in waiting.filter(unheard).order_by("pk").values_list("pk", flat=True):
        if not _announce(pk):
            break
        announced += 1
    return announced


def _announce(lookup_id: int) -> bool:
    rung = dispatch.ring_resolve(lookup_id)
    if rung:
        Lookup.objects.filter(pk=lookup_id).update(announced_at=timezone.now())
    return rung


def _answer(lookup_id: int, status: LookupStatus, **columns: Any) -> bool:  # noqa: ANN401 - columns
    waiting = Lookup.objects.filter(pk=lookup_id, status=LookupStatus.WAITING)
    return waiting.update(status=status, answered_at=timezone.now(), **columns) == 1
