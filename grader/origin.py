"""Where a repository may come from: https on an allowed host, or a folder of the demo."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from lab_specs.faults import Code, StudentFault

MEBIBYTE = 2**20
LONGEST_LINK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPolicy:
    """What may be fetched. `hosts` are names, with a port where it is not 443.

    `local_root` is the folder below which `file://` repositories are taken; None: none are.
    `workdir` holds what is fetched only to look at it.
    `max_bytes` holds for the files of a commit, and for the pack in which they travel.
    `key` is a token that opens one private repository; empty: what everybody may read.
    """

    hosts: tuple[str, ...]
    local_root: Path | None = None
    max_bytes: int = 500 * MEBIBYTE
    max_files: int = 20_000
    seconds: float = 120
    workdir: Path = field(default_factory=lambda: Path(tempfile.gettempdir()))
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Origin:
    """A repository that the policy allows: the address for git, and its only protocol."""

    url: str
    protocol: str
    host: str


def origin_of(repository: str, policy: FetchPolicy) -> Origin:
    """The repository as git may ask for it. Raises StudentFault for any other link."""
    if len(repository) > LONGEST_LINK:
        raise _invalid("", "it is too long")
    if not repository.isprintable() or " " in repository or "\\" in repository:
        raise _invalid(repository, "it holds a blank or another character that no link has")
    try:
        parts = urlsplit(repository)
        host = f"{parts.hostname or ''}:{parts.port or 443}".removesuffix(":443")
    except ValueError as error:
        raise _invalid(repository, "its host or port is not one") from error
    if parts.username is not None or parts.password is not None:
        raise _invalid("", "it holds a user name or a password")
    if parts.query or parts.fragment:
        raise _invalid(repository, "a repository's address has no `?` or `#`")
    if parts.scheme == "file" and policy.local_root is not None:
        return _local(parts.netloc, unquote(parts.path), policy.local_root)
    if parts.scheme != "https" or not host or not parts.path.strip("/"):
        raise _invalid(repository, "it has to start with https://, a host and a path")
    if host not in policy.hosts:
        raise StudentFault(Code.HOST_NOT_ALLOWED, host=host, hosts=list(policy.hosts))
    return Origin(f"https://{host}{parts.path}", "https", host)


def _local(netloc: str, path: str, root: Path) -> Origin:
    folder = Path(path).resolve()
    if netloc not in ("", "localhost") or not folder.is_relative_to(root.resolve()):
        raise StudentFault(Code.HOST_NOT_ALLOWED, host="this machine")
    return Origin(f"file://{quote(str(folder))}", "file", "this machine")


def _invalid(link: str, problem: str) -> StudentFault:
    return StudentFault(Code.LINK_INVALID, link=link, problem=problem)
