"""A link to a repository, read strictly: what may be fetched, and nothing else.

The portal reads what a student typed; the grader reads the result again before it fetches.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from lab_specs.faults import Code, StudentFault

LINK_LIMIT = 500  # characters
REF_LIMIT = 200
PATH_LIMIT = 300
HTTPS_PORT = 443

SEGMENT = re.compile(r"[A-Za-z0-9_.~-]+")
REF_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|//|@\{")


@dataclass(frozen=True, slots=True)
class Link:
    """A repository, and what the link says beside it. Empty: the link does not say."""

    repository: str
    ref: str = ""
    folder: str = ""


def parse(text: str, *, hosts: Sequence[str], local: Path | None = None) -> Link:
    """The repository that `text` points at.

    Takes https links to `hosts` (with a port where it is not 443), also of a page within
    a repository (`…/tree/main/app`), and, when `local` is given, file links to folders beneath it.
    Anything else is a StudentFault.
    """
    link = text.strip()
    if "://" not in link and link.partition("/")[0].lower() in hosts:
        link = f"https://{link}"
    if not link or len(link) > LINK_LIMIT:
        raise _invalid(link, "it is empty" if not link else "it is too long")
    if not link.isascii() or not link.isprintable() or " " in link or "\\" in link:
        raise _invalid(link, "it holds characters that no link has")
    try:
        parts = urlsplit(link)
        port = parts.port
    except ValueError:
        raise _invalid(link, "it is malformed") from None
    if parts.scheme == "file" and local is not None:
        return _local(parts, link, local)
    if parts.scheme != "https":
        raise _invalid(link, "it does not begin with https://")
    if "@" in parts.netloc:
        raise _invalid("", "it holds a name or password")  # which is not repeated
    host = (parts.hostname or "").removesuffix(".")
    if port not in {None, HTTPS_PORT}:
        host = f"{host}:{port}"
    if host not in hosts:
        raise StudentFault(Code.HOST_NOT_ALLOWED, host=host, hosts=list(hosts))
    return _page(host, parts.path, link)


def clean_ref(text: str) -> str:
    """A branch, tag or commit as typed; empty stays empty. Git must never read it as an option."""
    ref = text.strip()
    odd = ref.startswith(("-", "/", ".")) or ref.endswith(("/", ".", ".lock"))
    if odd or len(ref) > REF_LIMIT or REF_FORBIDDEN.search(ref) or not ref.isprintable():
        raise StudentFault(Code.REF_NOT_FOUND, ref=ref[:REF_LIMIT])
    return ref


def clean_path(text: str) -> str:
    """A path within a repository, tidied; empty stays empty. One that leaves it is a fault."""
    path = text.strip()
    if not path:
        return ""
    parts = [part for part in path.split("/") if part not in {"", "."}]
    leaves = path.startswith("/") or ".." in parts or ".git" in (part.lower() for part in parts)
    if leaves or len(path) > PATH_LIMIT or "\\" in path or not path.isprintable():
        raise StudentFault(Code.UNSAFE_PATH, path=path[:PATH_LIMIT])
    return "/".join(parts) or "."


def _invalid(link: str, problem: str) -> StudentFault:
    return StudentFault(Code.LINK_INVALID, link=link[:LINK_LIMIT], problem=problem)


def _local(parts: SplitResult, link: str, local: Path) -> Link:
    folder = Path(unquote(parts.path)).resolve()
    if parts.netloc or not folder.is_relative_to(local.resolve()):
        raise _invalid(link, "it leaves the folder of local repositories")
    return Link(repository=folder.as_uri())


def _page(host: str, path: str, link: str) -> Link:
    """Split the path of a forge's page into repository, ref and folder."""
    segments = [unquote(segment) for segment in path.split("/") if segment]
    home, rest = _home_and_rest(segments)
    if len(home) < 2:  # noqa: PLR2004 - owner and name
        raise _invalid(link, "it names no repository: owner and name are missing")
    home[-1] = home[-1].removesuffix(".git")
    if any(not SEGMENT.fullmatch(part) or part[0] in ".-" for part in home):
        raise _invalid(link, "owner or name hold characters that no repository has")
    repository = f"https://{host}/{'/'.join(home)}"
    ref, inside = (rest[0], rest[1:]) if rest else ("", [])
    return Link(repository, clean_ref(ref), clean_path("/".join(inside)))


def _home_and_rest(segments: list[str]) -> tuple[list[str], list[str]]:
    """The repository's own segments, and ref and folder after the forge's marker.

    GitHub writes `tree/<ref>/…`, GitLab `-/tree/<ref>/…`, Gitea `src/branch/<ref>/…`. A page
    of one file means its folder. Other pages (issues, settings) mean the repository.
    """
    if "-" in segments:
        at = segments.index("-")
        home, marker = segments[:at], segments[at + 1 :]
    else:
        home, marker = segments[:2], segments[2:]
        if marker and marker[0] not in {"tree", "blob", "commit", "src", "raw"} | PAGES:
            return segments, []  # a group within a group: the whole path is the repository
    if not marker:
        return home, []
    if marker[0] == "src" and marker[1:2] and marker[1] in {"branch", "commit", "tag"}:
        return home, marker[2:]
    if marker[0] in {"tree", "commit", "src"}:
        return home, marker[1:]
    if marker[0] in {"blob", "raw"}:
        return home, marker[1:-1] if len(marker) > 3 else marker[1:2]  # noqa: PLR2004
    return home, []


PAGES = frozenset(
    {"actions", "blame", "branches", "commits", "issues", "pull", "pulls", "releases"}
    | {"settings", "tags", "wiki"}
)
