"""What the portal reads of GitHub's messages; everything else in them is left alone.

Times are UTC: GitHub writes them as text, or as seconds since 1970.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from portal.common.text import storable

Text = Annotated[str, BeforeValidator(lambda said: storable(str(said or "")))]
Moment = Annotated[datetime, AfterValidator(lambda at: at if at.tzinfo else at.replace(tzinfo=UTC))]
Sha = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
FullName = Annotated[str, Field(pattern=r"^[^/\s\x00]{1,39}/[^/\s\x00]{1,100}$")]
Number = Annotated[int, Field(gt=0, lt=2**63)]


class Part(BaseModel):
    """A part of a message."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Account(Part):
    """A person or an organisation."""

    id: Number
    login: Text


class Told(Part):
    """A repository as a message tells of it; lists of an installation leave much out."""

    id: Number
    full_name: FullName
    private: bool
    default_branch: Text = ""
    pushed_at: Moment | None = None
    updated_at: Moment | None = None

    @property
    def as_of(self) -> datetime | None:
        """No later than when the message was written, by GitHub's clock."""
        return max(filter(None, (self.pushed_at, self.updated_at)), default=None)


class Stub(Part):
    """An installation by its number alone."""

    id: Number


class Installed(Part):
    """An installation in full."""

    id: Number
    account: Account
    permissions: dict[str, str] = {}
    events: list[str] = []
    repository_selection: str = ""
    updated_at: Moment | None = None
    suspended_at: Moment | None = None

    @property
    def as_of(self) -> datetime | None:
        """No later than when the message was written, by GitHub's clock."""
        return max(filter(None, (self.suspended_at, self.updated_at)), default=None)


class InstallationTold(Part):
    """The events `installation` and `installation_repositories`."""

    action: str
    installation: Installed
    repositories: list[Told] = []
    repositories_added: list[Told] = []
    repositories_removed: list[Told] = []


class RepositoryTold(Part):
    """The event `repository`."""

    action: str
    repository: Told
    installation: Stub | None = None


class Author(Part):
    """Who made a commit."""

    name: Text = ""


class Commit(Part):
    """The commit that a branch points at now."""

    message: Text = ""
    timestamp: Moment | None = None
    author: Author = Author()


class Pushed(Part):
    """The event `push`."""

    ref: Text
    before: Sha
    after: Sha
    deleted: bool = False
    forced: bool = False
    head_commit: Commit | None = None
    repository: Told
    installation: Stub | None = None
    sender: Account | None = None


class Run(Part):
    """A check run."""

    id: Number


class Suite(Part):
    """All checks of one commit."""

    head_sha: Sha


class Action(Part):
    """The button that was pressed."""

    identifier: str = ""


class CheckTold(Part):
    """The events `check_run` and `check_suite`."""

    action: str
    check_run: Run | None = None
    check_suite: Suite | None = None
    requested_action: Action | None = None
    repository: Told
    sender: Account
