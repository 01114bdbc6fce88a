"""What GitHub knows, in plain Python."""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

Permissions = dict[str, str]


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def node(kind: str, number: int) -> str:
    return b64encode(f"{kind}:{number}".encode()).decode()


@dataclass(eq=False)
class Account:
    """A person or an organisation."""

    number: int
    login: str
    kind: Literal["User", "Organization", "Bot"] = "User"
    name: str | None = None
    emails: list[str] = field(default_factory=list)
    unverified: set[str] = field(default_factory=set)
    owners: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    can_create: bool = True
    made_at: datetime = field(default_factory=now)


@dataclass(eq=False)
class App:
    number: int
    slug: str
    name: str
    owner: Account
    permissions: Permissions
    events: list[str]
    hook_url: str
    webhook_secret: str
    client_id: str
    client_secret: str
    pem: str
    callbacks: list[str] = field(default_factory=list)
    suspended: bool = False
    made_at: datetime = field(default_factory=now)


@dataclass(eq=False)
class Repository:
    number: int
    owner: Account
    name: str
    folder: Path
    private: bool = False
    default_branch: str = "main"
    template: bool = False
    made_from: "Repository | None" = None
    description: str | None = None
    collaborators: dict[str, str] = field(default_factory=dict)
    invitations: list["Invitation"] = field(default_factory=list)
    protections: dict[str, "Protection"] = field(default_factory=dict)
    rules: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    check_runs: list["CheckRun"] = field(default_factory=list)
    statuses: list["Status"] = field(default_factory=list)
    pulls: list["Pull"] = field(default_factory=list)
    runs: list["WorkflowRun"] = field(default_factory=list)
    activity: list["Activity"] = field(default_factory=list)
    made_at: datetime = field(default_factory=now)
    pushed_at: datetime = field(default_factory=now)

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"


@dataclass(eq=False)
class Installation:
    number: int
    app: App
    account: Account
    permissions: Permissions
    events: list[str]
    repositories: list[Repository] | None  # None: all of the account
    suspended_at: datetime | None = None
    made_at: datetime = field(default_factory=now)

    def covers(self, repository: Repository) -> bool:
        if self.repositories is None:
            return repository.owner is self.account
        return repository in self.repositories


@dataclass(eq=False)
class Token:
    value: str
    person: Account | None = None
    scopes: tuple[str, ...] = ()
    installation: Installation | None = None
    permissions: Permissions = field(default_factory=dict)
    repositories: list[Repository] | None = None
    ends_at: datetime | None = None


@dataclass(eq=False)
class Protection:
    """Of a branch: reviews needed before a merge (None: no pull request needed)."""

    reviews: int | None = 1
    contexts: list[str] = field(default_factory=list)
    admins: bool = False
    force_pushes: bool = False


@dataclass(eq=False)
class Invitation:
    number: int
    invitee: Account
    inviter: Account
    role: str
    expired: bool = False
    made_at: datetime = field(default_factory=now)


@dataclass(eq=False)
class CheckRun:
    """`told` holds what the app said, by GitHub's names; `annotations` add up over updates."""

    number: int
    app: App
    head_sha: str
    told: dict[str, Any]
    annotations: list[dict[str, Any]] = field(default_factory=list)


@dataclass(eq=False)
class Status:
    number: int
    sha: str
    creator: Account
    told: dict[str, Any]
    made_at: datetime = field(default_factory=now)


@dataclass(eq=False)
class Review:
    number: int
    person: Account | None  # None: somebody who left GitHub
    state: str
    sha: str
    body: str = ""
    made_at: datetime = field(default_factory=now)


@dataclass(eq=False)
class Pull:
    number: int
    id: int
    title: str
    person: Account
    head: str
    head_sha: str
    base: str
    base_sha: str
    body: str | None = None
    reviews: list[Review] = field(default_factory=list)
    merged_at: datetime | None = None
    merged_by: Account | None = None
    merge_sha: str | None = None
    closed_at: datetime | None = None
    made_at: datetime = field(default_factory=now)


@dataclass(eq=False)
class WorkflowRun:
    number: int
    name: str
    head_sha: str
    branch: str
    actor: Account
    status: str = "completed"
    conclusion: str | None = "success"
    event: str = "push"
    made_at: datetime = field(default_factory=now)


@dataclass(eq=False)
class Activity:
    number: int
    before: str
    after: str
    ref: str
    kind: str
    actor: Account | None
    made_at: datetime = field(default_factory=now)
