"""What people do at GitHub beside pushing: each changes the world and tells the apps."""

from collections.abc import Callable
from typing import Any

from tests.hub import gits
from tests.hub.models import (
    Account,
    App,
    Installation,
    Protection,
    Pull,
    Repository,
    Review,
    WorkflowRun,
    now,
)
from tests.hub.payloads import Payloads
from tests.hub.state import World
from tests.hub.webhooks import Delivery

HOOK = """#!/bin/sh
case $1 in
{names}) echo "GH006: Protected branch update failed for $1." >&2; exit 1 ;;
esac
"""


class Doings:
    """Mixed into the stand-in, whose memory and messages it uses."""

    world: World
    payloads: Payloads
    ghost: Account
    deliver: Callable[..., Delivery]
    moved: Callable[..., None]

    def tell(self, repository: Repository, event: str, by: Account, **what: Any) -> None:
        """Tell every app that asked for this event of the repository."""
        for app in self.listeners(repository, event):
            payload = self.payloads.repository(repository=repository, sender=by, app=app, **what)
            self.deliver(event, payload, app)

    def listeners(self, repository: Repository, event: str) -> list[App]:
        return [
            one.app
            for one in self.world.installations.values()
            if one.covers(repository) and not one.suspended_at and event in one.events
        ]

    def tell_of(self, installation: Installation, action: str) -> None:
        payload = self.payloads.installation(action, installation, installation.account)
        self.deliver("installation", payload, installation.app)

    def rename(self, repository: Repository, name: str, *, by: Account | None = None) -> None:
        old = repository.name
        self.world.moved[repository.full_name.lower()] = repository
        repository.name = name
        changes = {"repository": {"name": {"from": old}}}
        who = by or self.ghost
        self.tell(repository, "repository", who, action="renamed", changes=changes)

    def privatise(self, repository: Repository, *, by: Account | None = None) -> None:
        repository.private = True
        self.tell(repository, "repository", by or self.ghost, action="privatized")

    def remove(self, repository: Repository, *, by: Account | None = None) -> None:
        """Delete it, for good."""
        self.tell(repository, "repository", by or self.ghost, action="deleted")
        del self.world.repositories[repository.number]

    def suspend(self, installation: Installation) -> None:
        installation.suspended_at = now()
        self.tell_of(installation, "suspend")

    def unsuspend(self, installation: Installation) -> None:
        installation.suspended_at = None
        self.tell_of(installation, "unsuspend")

    def uninstall(self, installation: Installation) -> None:
        self.tell_of(installation, "deleted")
        del self.world.installations[installation.number]

    def grant(self, installation: Installation, **permissions: str) -> None:
        """The owner accepts what the app asks for now."""
        installation.permissions |= permissions
        self.tell_of(installation, "new_permissions_accepted")

    def select(self, installation: Installation, some: list[Repository]) -> None:
        """Add repositories to those of the installation."""
        installation.repositories = [*(installation.repositories or []), *some]
        payload = self.payloads.installation_repositories(
            "added", installation, some, installation.account
        )
        self.deliver("installation_repositories", payload, installation.app)

    def deselect(self, installation: Installation, some: list[Repository]) -> None:
        kept = [one for one in installation.repositories or [] if one not in some]
        installation.repositories = kept
        payload = self.payloads.installation_repositories(
            "removed", installation, some, installation.account
        )
        self.deliver("installation_repositories", payload, installation.app)

    def ping(self, app: App) -> None:
        self.deliver("ping", self.payloads.ping(app), app)

    def accept(self, repository: Repository, person: Account) -> None:
        """Somebody accepts their invitation."""
        for one in [each for each in repository.invitations if each.invitee is person]:
            repository.collaborators[person.login] = one.role
            repository.invitations.remove(one)

    def protect(
        self,
        repository: Repository,
        branch: str = "main",
        *,
        reviews: int | None = 1,
        contexts: tuple[str, ...] = (),
    ) -> None:
        """Nobody pushes to this branch any more; pull requests reach it."""
        repository.protections[branch] = Protection(reviews, list(contexts))
        names = "|".join(f"refs/heads/{name}" for name in repository.protections)
        hook = repository.folder / "hooks" / "update"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(HOOK.format(names=names))
        hook.chmod(0o755)

    def rule(self, repository: Repository, branch: str = "main", *, reviews: int = 1) -> None:
        """A ruleset of the organisation that asks for reviewed pull requests."""
        parameters = {
            "dismiss_stale_reviews_on_push": False,
            "require_code_owner_review": False,
            "require_last_push_approval": False,
            "required_approving_review_count": reviews,
            "required_review_thread_resolution": False,
        }
        source = {
            "ruleset_source_type": "Organization",
            "ruleset_source": repository.owner.login,
            "ruleset_id": self.world.number(),
        }
        rule = {"type": "pull_request", "parameters": parameters, **source}
        repository.rules.setdefault(branch, []).append(rule)

    def pull(
        self, repository: Repository, head: str, *, by: Account, title: str = "", base: str = ""
    ) -> Pull:
        base, heads = base or repository.default_branch, gits.branches(repository.folder)
        number = len(repository.pulls) + 1
        ends = (head, heads[head], base, heads[base])
        made = Pull(number, self.world.number(), title or head, by, *ends)
        repository.pulls.append(made)
        gits.git(repository.folder, "update-ref", f"refs/pull/{number}/head", heads[head])
        return made

    def review(self, pull: Pull, by: Account | None, state: str = "APPROVED") -> Review:
        """APPROVED, CHANGES_REQUESTED, COMMENTED or DISMISSED, of the head as it is now."""
        made = Review(self.world.number(), by, state, pull.head_sha)
        pull.reviews.append(made)
        return made

    def merge(self, repository: Repository, pull: Pull, *, by: Account) -> str:
        """A merge commit on the base; answers it."""
        sha = gits.merge(repository.folder, pull.base, pull.head_sha, by.name or by.login)
        old = gits.branches(repository.folder)[pull.base]
        gits.git(repository.folder, "update-ref", f"refs/heads/{pull.base}", sha)
        pull.merge_sha, pull.merged_by = sha, by
        pull.merged_at = pull.closed_at = now()
        self.moved(repository, f"refs/heads/{pull.base}", old, sha, by, kind="pr_merge")
        return sha

    def workflow_run(
        self,
        repository: Repository,
        sha: str,
        conclusion: str | None = "success",
        *,
        by: Account,
        status: str = "completed",
        name: str = "CI",
        event: str = "push",
    ) -> WorkflowRun:
        """What GitHub Actions did with a commit."""
        number, branch = self.world.number(), repository.default_branch
        made = WorkflowRun(number, name, sha, branch, by, status, conclusion, event)
        repository.runs.append(made)
        return made
