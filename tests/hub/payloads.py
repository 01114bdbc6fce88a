"""What GitHub's events say."""

from typing import Any

from tests.hub import gits
from tests.hub.models import Account, App, CheckRun, Installation, Repository, node
from tests.hub.routes_app import app_shape, installation_shape
from tests.hub.routes_checks import check_run_shape, suite_number
from tests.hub.shapes import Shape, Shapes, moment
from tests.hub.state import World

MOST_COMMITS = 2048


class Payloads:
    def __init__(self, shapes: Shapes, world: World) -> None:
        self.shapes, self.world = shapes, world

    def around(self, repository: Repository, sender: Account, app: App) -> Shape:
        """What every event of a repository carries."""
        shape: Shape = {
            "repository": self.shapes.repository(repository) | {"custom_properties": {}},
            "sender": self.shapes.person(sender),
        }
        if repository.owner.kind == "Organization":
            shape["organization"] = self.shapes.short_organisation(repository.owner)
        for one in self.world.installations.values():
            if one.app is app and one.covers(repository):
                shape["installation"] = {
                    "id": one.number,
                    "node_id": node("IntegrationInstallation", one.number),
                }
        return shape

    def push(
        self, repository: Repository, ref: str, old: str, new: str, sender: Account, app: App
    ) -> Shape:
        created, deleted = old == gits.NOTHING, new == gits.NOTHING
        forced = not (created or deleted) and not gits.is_ancestor(repository.folder, old, new)
        web = self.shapes.repository_web(repository)
        commits = [] if deleted else new_commits(repository, ref, old, new)
        shapes = [self.pushed_commit(repository, one) for one in commits]
        around = self.around(repository, sender, app)
        around["repository"] |= self.pushed_repository(repository)
        between = new[:12] if created else f"{old[:12]}...{new[:12]}"
        return around | {
            "ref": ref,
            "before": old,
            "after": new,
            "base_ref": None,
            "compare": f"{web}/compare/{between}",
            "created": created,
            "deleted": deleted,
            "forced": forced,
            "commits": shapes,
            "head_commit": None if deleted else self.head(repository, new),
            "pusher": {"name": sender.login, "email": (sender.emails or [None])[0]},
        }

    def pushed_repository(self, repository: Repository) -> Shape:
        """Where a push says it otherwise than everything else."""
        owner = repository.owner
        more = {"name": owner.login, "email": (owner.emails or [None])[0]}
        shape: Shape = {
            "created_at": int(repository.made_at.timestamp()),
            "pushed_at": int(repository.pushed_at.timestamp()),
            "master_branch": repository.default_branch,
            "stargazers": 0,
            "owner": self.shapes.person(owner) | more,
        }
        if owner.kind == "Organization":
            shape["organization"] = owner.login
        return shape

    def head(self, repository: Repository, sha: str) -> Shape:
        return self.pushed_commit(repository, gits.one(repository.folder, sha))

    def pushed_commit(self, repository: Repository, commit: gits.Commit) -> Shape:
        base = commit.parents[0] if commit.parents else None
        files = gits.files(repository.folder, commit.sha, base)
        names = {word: [] for word in ("added", "removed", "modified")}
        for file in files:
            names[file.status].append(file.name)
        return {
            "id": commit.sha,
            "tree_id": commit.tree,
            "distinct": True,
            "message": commit.message,
            "timestamp": commit.committer.date,
            "url": f"{self.shapes.repository_web(repository)}/commit/{commit.sha}",
            "author": self.signature(commit.author),
            "committer": self.signature(commit.committer),
            **names,
        }

    def signature(self, person: gits.Person) -> Shape:
        known = self.world.person_of(person.email)
        shape = {"name": person.name, "email": person.email}
        return shape | ({"username": known.login} if known else {})

    def check_run(
        self, action: str, repository: Repository, run: CheckRun, sender: Account, **more: Any
    ) -> Shape:
        around = self.around(repository, sender, run.app)
        shape = check_run_shape(self.shapes, repository, run)
        shape["check_suite"] = self.suite(repository, run)
        return around | {"action": action, "check_run": shape, **more}

    def suite(self, repository: Repository, run: CheckRun) -> Shape:
        """simple-check-suite"""
        number = suite_number(run)
        heads = gits.branches(repository.folder).items()
        return {
            "id": number,
            "node_id": node("CheckSuite", number),
            "head_branch": next((name for name, sha in heads if sha == run.head_sha), None),
            "head_sha": run.head_sha,
            "status": run.told.get("status", "queued"),
            "conclusion": run.told.get("conclusion"),
            "url": f"{self.shapes.repository_api(repository)}/check-suites/{number}",
            "before": gits.NOTHING,
            "after": run.head_sha,
            "pull_requests": [],
            "app": app_shape(self.shapes, run.app),
            "created_at": moment(repository.pushed_at),
            "updated_at": moment(repository.pushed_at),
        }

    def check_suite(
        self, action: str, repository: Repository, run: CheckRun, sender: Account
    ) -> Shape:
        """Of the suite to which this run belongs."""
        commit = gits.one(repository.folder, run.head_sha)
        suite = self.suite(repository, run)
        head = self.pushed_commit(repository, commit)
        names = ("id", "tree_id", "message", "timestamp", "author", "committer")
        suite |= {
            "latest_check_runs_count": 1,
            "check_runs_url": suite["url"] + "/check-runs",
            "head_commit": {name: head[name] for name in names},
            "rerequestable": True,
            "runs_rerequestable": True,
        }
        return self.around(repository, sender, run.app) | {"action": action, "check_suite": suite}

    def repository(
        self, action: str, repository: Repository, sender: Account, app: App, **more: Any
    ) -> Shape:
        return self.around(repository, sender, app) | {"action": action, **more}

    def installation(self, action: str, installation: Installation, sender: Account) -> Shape:
        """installation"""
        shape: Shape = {
            "action": action,
            "installation": installation_shape(self.shapes, installation),
            "sender": self.shapes.person(sender),
        }
        if action in ("created", "deleted", "new_permissions_accepted"):
            covered = filter(installation.covers, self.world.repositories.values())
            shape["repositories"] = [self.shapes.short_repository(one) for one in covered]
        if action == "created":
            shape["requester"] = None
        return shape

    def installation_repositories(
        self, action: str, installation: Installation, some: list[Repository], sender: Account
    ) -> Shape:
        shapes = [self.shapes.short_repository(one) for one in some]
        return {
            "action": action,
            "installation": installation_shape(self.shapes, installation),
            "repository_selection": "all" if installation.repositories is None else "selected",
            "repositories_added": shapes if action == "added" else [],
            "repositories_removed": shapes if action == "removed" else [],
            "requester": None,
            "sender": self.shapes.person(sender),
        }

    def ping(self, app: App) -> Shape:
        return {
            "zen": "Keep it logically awesome.",
            "hook_id": app.number * 10,
            "hook": {
                "type": "App",
                "id": app.number * 10,
                "name": "web",
                "active": True,
                "events": app.events,
                "config": {"content_type": "json", "insecure_ssl": "0", "url": app.hook_url},
                "created_at": moment(app.made_at),
                "updated_at": moment(app.made_at),
                "app_id": app.number,
                "deliveries_url": f"{self.shapes.api}/app/hook/deliveries",
                "ping_url": f"{self.shapes.api}/app/hook/pings",
                "url": f"{self.shapes.api}/app/hook",
            },
            "sender": self.shapes.person(app.owner),
        }


def new_commits(repository: Repository, ref: str, old: str, new: str) -> list[gits.Commit]:
    """The commits of a push, oldest first."""
    others = [
        f"^{sha}"
        for name, sha in gits.refs(repository.folder, "refs/heads/").items()
        if name != ref
    ]
    base = others if old == gits.NOTHING else [f"^{old}"]
    return gits.log(repository.folder, "--reverse", f"-{MOST_COMMITS}", new, *base)
