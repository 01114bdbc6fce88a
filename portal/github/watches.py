"""Which repository a team's work lies in, and whether each push to it is graded.

Where staff or the portal chose the repository, a team only turns grading on and off. Another one
becomes a team's own when GitHub says that a member who proved their account may push to it: what
is watched may be read by the portal, so nobody's word is enough.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from lab_specs.messages import Explanation
from portal.common.errors import Refused
from portal.courses.models import Enrolment, MiniProject, Team
from portal.courses.queries import standing
from portal.courses.rules import STAFF, is_staff
from portal.github import errands
from portal.github.access import full_name_of, proved
from portal.github.kinds import KINDS, Kind
from portal.github.known import repositories_seen, repository_named
from portal.github.models import (
    App,
    CheckRun,
    Errand,
    ErrandStatus,
    Push,
    PushStatus,
    Repository,
    Watch,
)
from portal.github.troubles import explained
from portal.people.models import User
from portal.submissions.models import Submission

KIND = "watch"
SHOWN = 8  # pushes on a page
OFF = "Grading every push was turned off."


@dataclass(frozen=True, slots=True)
class Offer:
    """What a page says of pushes. `obstacle`: what is missing, and who can do something."""

    mini_project: MiniProject
    team: Team
    watch: Watch | None
    repository: Repository | None
    obstacle: str
    asking: bool
    fault: Explanation | None
    untold: Explanation | None
    pushes: list[Push]

    @property
    def on(self) -> bool:
        """Whether each push is graded now."""
        return bool(self.watch and self.watch.on_push)


def offer(mini_project: MiniProject, team: Team) -> Offer:
    """How it stands for a team's work. As many queries whatever was pushed."""
    watch = _watch(mini_project, team)
    work = _newest(mini_project, team)
    seen = _seen(work) if work else None
    repository = _target(mini_project, watch, seen)
    obstacle = "" if repository else _missing(work)
    asked = Errand.objects.filter(kind=KIND, key=_key(mini_project, team)).order_by("-pk").first()
    untold = (
        CheckRun.objects.filter(
            attempt__submission__mini_project=mini_project, attempt__submission__team=team
        )
        .order_by("-attempt")
        .first()
    )
    pushes = Push.objects.filter(watch=watch) if watch else Push.objects.none()
    return Offer(
        mini_project,
        team,
        watch,
        repository,
        obstacle,
        bool(asked and asked.status == ErrandStatus.WAITING),
        _fault(asked, repository, watch),
        explained(untold),
        list(pushes.prefetch_related("submission__attempts").order_by("-received_at")[:SHOWN]),
    )


def turn_on(*, mini_project: MiniProject, team: Team, by: User) -> bool:
    """Have each push graded from now on. False when GitHub is asked first whose it is."""
    watch, work = _watch(mini_project, team), _newest(mini_project, team)
    seen = _seen(work) if work else None
    repository = _target(mini_project, watch, seen)
    if repository is None:
        raise Refused(_missing(work))
    if watch and watch.repository_id == repository.pk and not watch.lapsed_at:
        Watch.objects.filter(pk=watch.pk).update(on_push=True, looked_at=timezone.now())
        return True
    if work is None:
        raise Refused(_missing(None))
    _unshared(work, repository)
    if is_staff(standing(by), edition=mini_project.edition_id):
        _made(work, repository, by)
        return True
    if not proved(team.pk):
        raise Refused(
            "GitHub has to say that the repository is yours, and nobody of you has signed in with"
            " GitHub yet. Link your account there to yourself on your own page, then come back."
        )
    errands.ask(
        KIND,
        _key(mini_project, team),
        {"submission": work.pk, "repository": repository.pk},
        person=by,
        lane=repository.lane,
    )
    return False


def turn_off(*, mini_project: MiniProject, team: Team) -> None:
    """Grade pushes no more; what waits is left alone."""
    end(Watch.objects.filter(mini_project=mini_project, team=team), OFF)


@transaction.atomic
def end(watches: QuerySet[Watch], reason: str, **told: Any) -> None:  # noqa: ANN401 - columns
    """Grade the pushes of this watch no more; those that wait are ignored for this reason."""
    watch = watches.select_for_update().first()
    if watch is None:
        return
    Watch.objects.filter(pk=watch.pk).update(on_push=False, **told)
    waiting = Push.objects.filter(watch=watch, status=PushStatus.WAITING)
    waiting.update(status=PushStatus.IGNORED, reason=reason)


def _tell(errand: Errand) -> dict[str, Any] | None:
    work = Submission.objects.filter(pk=errand.arguments["submission"]).first()
    return question(errand.arguments["repository"], work.team_id) if work else None


def question(pk: int, team: int) -> dict[str, Any] | None:
    """What GitHub is asked: who of the team may push to this repository."""
    repository = repositories_seen().filter(pk=pk).select_related("installation").first()
    if repository is None or repository.installation is None:
        return None
    return {
        "full_name": repository.full_name,
        "installation": repository.installation.number,
        "people": proved(team),
    }


def _answered(errand: Errand, answer: Mapping[str, Any]) -> None:
    if answer["may_push"] and errand.person:
        work = Submission.objects.get(pk=errand.arguments["submission"])
        repository = Repository.objects.get(pk=errand.arguments["repository"])
        with suppress(Refused):  # another team was faster: the page says so
            _made(work, repository, errand.person)


def _unshared(work: Submission, repository: Repository) -> None:
    """One repository is one team's work; Refused when another team's lies there."""
    if _others(work.mini_project_id, work.team_id, repository):
        words = _shared(repository)
        raise Refused(f"{words.happened} {words.next_step}")


def _others(mini_project: int, team: int, repository: Repository) -> bool:
    here = Watch.holding().filter(mini_project=mini_project, repository=repository)
    return here.exclude(team=team).exists()


def _shared(repository: Repository) -> Explanation:
    return Explanation(
        f"Another team's work for this mini-project lies in {repository.full_name}.",
        "A repository of your own.",
        "Hand in a commit of your own repository, or ask your lecturer whose this one is.",
    )


@transaction.atomic
def _made(work: Submission, repository: Repository, by: User) -> None:
    now = timezone.now()
    Repository.objects.select_for_update().get(pk=repository.pk)  # two teams at once
    _unshared(work, repository)
    Watch.objects.update_or_create(
        mini_project=work.mini_project,
        team=work.team,
        defaults={
            "repository": repository,
            "lab": work.lab,
            "branch": "" if work.ref in {"", repository.default_branch} else work.ref,
            "context": work.context,
            "dockerfile": work.dockerfile,
            "on_push": True,
            "by": by,
            "made_at": now,
            "looked_at": now,
            "asked_at": now,
            "lapsed_at": None,
        },
    )


def _target(
    mini_project: MiniProject, watch: Watch | None, seen: Repository | None
) -> Repository | None:
    """The repository that is watched or may come to be."""
    if watch is None:
        return seen
    if seen is None or seen.pk == watch.repository_id:
        return watch.repository
    chosen = Enrolment.objects.filter(
        edition=mini_project.edition_id, person=watch.by_id, role__in=STAFF
    ).exists()
    return watch.repository if chosen or watch.on_push else seen


def _seen(work: Submission) -> Repository | None:
    row = repository_named(full_name_of(work.repository) or "")
    return row if row and row.seen_by else None


def _missing(work: Submission | None) -> str:
    """Why there is nothing to be turned on, and who can change that."""
    if not App.objects.exists():
        return (
            "The portal has no GitHub App, so it does not hear of pushes. Whoever runs the portal"
            " sets one up; until then, hand in each commit by its link."
        )
    if work is None:
        return "Hand in one commit of your repository by its link; then this can be turned on here."
    name = full_name_of(work.repository)
    if name is None:
        return "Your repository is not on GitHub, so the portal does not hear of pushes to it."
    owner = name.partition("/")[0]
    return (
        f"The portal's GitHub App does not see {name}. An owner of “{owner}” at GitHub installs it"
        " there, or adds this repository to what it may see; your lecturer knows its name."
    )


def _fault(
    asked: Errand | None, repository: Repository | None, watch: Watch | None
) -> Explanation | None:
    """Why pushes are not graded, although somebody asked for it."""
    if watch and watch.lapsed_at:
        return Explanation(
            f"Nobody of you may push to {watch.repository.full_name} any more, says GitHub, so its"
            " pushes are not graded.",
            "A repository to which a member of your team may push, by the account that they signed"
            " in with here.",
            "Ask the repository's owner to let you in, then turn it on again; or hand in a commit"
            " of another repository.",
        )
    return None if watch or asked is None else _refused(asked, repository)


def _refused(asked: Errand, repository: Repository | None) -> Explanation | None:
    if asked.status == ErrandStatus.FAILED:
        return explained(asked)
    if asked.status != ErrandStatus.DONE or repository is None:
        return None
    if (asked.answer or {}).get("may_push"):
        work = Submission.objects.filter(pk=asked.arguments["submission"]).first()
        shared = work and _others(work.mini_project_id, work.team_id, repository)
        return _shared(repository) if shared else None
    return Explanation(
        f"GitHub does not count you among those who may push to {repository.full_name}.",
        "A repository to which a member of your team may push, by the account that they signed"
        " in with here.",
        "Link the right account on your own page, or ask the repository's owner to let you in.",
    )


def _watch(mini_project: MiniProject, team: Team) -> Watch | None:
    rows = Watch.objects.filter(mini_project=mini_project, team=team)
    return rows.select_related("repository__installation").first()


def _newest(mini_project: MiniProject, team: Team) -> Submission | None:
    rows = Submission.objects.filter(mini_project=mini_project, team=team)
    return rows.select_related("mini_project", "team").order_by("-pk").first()


def _key(mini_project: MiniProject, team: Team) -> str:
    return f"{mini_project.pk}-{team.pk}"


KINDS[KIND] = Kind(prepare=_tell, answered=_answered)
