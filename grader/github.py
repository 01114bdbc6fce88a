"""The only module that talks to GitHub.

Nothing here waits or tries again: a trouble says what happened and how long GitHub wants us to
wait, and whoever asked comes back later.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import jwt
import requests
from github import Auth, Github, GithubException, GithubIntegration, RateLimitExceededException
from github.NamedUser import NamedUser
from github.PullRequest import PullRequest
from github.Repository import Repository
from github.Requester import HTTPRequestsConnectionClass, Requester

from grader.github_wire import Wire
from grader.output import tidy
from lab_specs.troubles import GitHubTrouble, Trouble

__all__ = [
    "AppKey",
    "Github",
    "GithubIntegration",
    "Hub",
    "NamedUser",
    "PullRequest",
    "Repository",
    "activity",
    "branch_rules",
    "told",
]

SECONDS = 20  # for one answer
PER_PAGE = 100
RENEW = 300  # seconds before its end at which a token is no longer used
SAID = 300  # characters of what GitHub says that are kept
READ = {"contents": "read", "metadata": "read"}
LIMITS = ("rate limit", "abuse detection", "wait a few minutes", "retry your request again later")

Requester.injectConnectionClasses(HTTPRequestsConnectionClass, Wire)


@dataclass(frozen=True, slots=True)
class AppKey:
    """Which App we are, and the private key that proves it."""

    number: int
    private_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(repr=False)
    ends: float


@dataclass(frozen=True, slots=True)
class Hub:
    """Ways to speak to one GitHub: as the App, as one of its installations, or by a read token."""

    api: str
    app: AppKey | None = None
    token: str = field(default="", repr=False)
    _tokens: dict[Any, _Token] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def integration(self) -> GithubIntegration:
        """GitHub as the App itself sees it. Raises `GitHubTrouble` without an App."""
        if self.app is None or not self.app.private_key:
            raise GitHubTrouble(Trouble.NO_APP)
        try:
            auth = Auth.AppAuth(self.app.number, self.app.private_key)
            return GithubIntegration(auth=auth, **self._manners())
        except (ValueError, TypeError) as error:
            raise GitHubTrouble(Trouble.NO_APP) from error

    def installation(
        self,
        number: int,
        *,
        repositories: Sequence[str] | None = None,
        permissions: Mapping[str, str] | None = None,
    ) -> Github:
        """GitHub as an installation sees it, narrowed to repositories' names and permissions."""
        auth = Auth.Token(self.token_for(number, repositories, permissions))
        return Github(auth=auth, **self._manners())

    def plain(self) -> Github:
        """GitHub by the read token, or as anybody sees it."""
        auth = Auth.Token(self.token) if self.token else None
        return Github(auth=auth, **self._manners())

    def token_for(
        self,
        number: int,
        repositories: Sequence[str] | None = None,
        permissions: Mapping[str, str] | None = None,
    ) -> str:
        """A token of an installation that ends within the hour; default: it may read contents.

        `repositories`: names without their owner; None: all that the installation has.
        """
        wanted = dict(READ if permissions is None else permissions)
        key = (number, tuple(sorted(repositories or ())), tuple(sorted(wanted.items())))
        with self._lock:
            known = self._tokens.get(key)
        if known and known.ends - RENEW > time.time():
            return known.text
        made = self._made(number, repositories, wanted)  # nobody waits for another's request
        with self._lock:
            self._tokens[key] = made
        return made.text

    def _made(
        self, number: int, repositories: Sequence[str] | None, permissions: Mapping[str, str]
    ) -> _Token:
        body: dict[str, Any] = {"permissions": dict(permissions)}
        if repositories is not None:
            body["repositories"] = list(repositories)
        with told(what=f"installation {number}", installation=True), self.integration() as app:
            # PyGithub's own call cannot narrow a token to repositories
            _, answer = app.requester.requestJsonAndCheck(
                "POST", f"/app/installations/{number}/access_tokens", input=body
            )
            return _Token(answer["token"], datetime.fromisoformat(answer["expires_at"]).timestamp())

    def _manners(self) -> dict[str, Any]:
        """No pauses and no second tries of PyGithub's own: they would block a worker."""
        return {
            "base_url": self.api,
            "timeout": SECONDS,
            "retry": None,
            "seconds_between_requests": None,
            "seconds_between_writes": None,
            "per_page": PER_PAGE,
            "user_agent": "course-portal",
        }


def branch_rules(github: Github, full_name: str, branch: str) -> list[dict[str, Any]]:
    """The rules of rulesets that hold for a branch; PyGithub has no call for it."""
    url = f"/repos/{full_name}/rules/branches/{quote(branch, safe='')}?per_page={PER_PAGE}"
    _, rules = github.requester.requestJsonAndCheck("GET", url)
    return list(rules)


def activity(github: Github, full_name: str) -> Iterator[dict[str, Any]]:
    """What happened to a repository's branches, newest first; as GitHub tells it, page by page.

    PyGithub has no call for it, and its lists know no cursors.
    """
    url = f"/repos/{full_name}/activity?per_page={PER_PAGE}"
    while url:
        headers, entries = github.requester.requestJsonAndCheck("GET", url)
        yield from entries
        links = requests.utils.parse_header_links(headers.get("link", ""))
        url = next((each["url"] for each in links if each.get("rel") == "next"), "")


@contextmanager
def told(*, what: str = "", installation: bool = False) -> Iterator[None]:
    """Every way in which PyGithub and the network fail becomes a `GitHubTrouble`.

    `what` it is about, for people; `installation`: it is about a token of an installation.
    """
    try:
        yield
    except GithubException as error:
        raise _trouble(error, what, installation=installation) from error
    except requests.RequestException as error:
        raise GitHubTrouble(Trouble.UNREACHABLE, what=what) from error
    except jwt.PyJWTError as error:
        raise GitHubTrouble(Trouble.NO_APP, what=what) from error
    except (KeyError, TypeError, ValueError, AttributeError, AssertionError) as error:
        raise GitHubTrouble(
            Trouble.ODD_ANSWER, what=what, problem=tidy(str(error), SAID)
        ) from error


@contextmanager
def if_there(*, what: str) -> Iterator[None]:
    """As `told`, but what is not there, or not to be seen, ends the block and is no trouble."""
    try:
        with told(what=what):
            yield
    except GitHubTrouble as trouble:
        if trouble.code is not Trouble.NOT_FOUND:
            raise


def _trouble(error: GithubException, what: str, *, installation: bool) -> GitHubTrouble:
    said, status = _said(error), error.status
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if isinstance(error, RateLimitExceededException) or _limited(status, said, headers):
        return GitHubTrouble(Trouble.RATE_LIMITED, after=_after(headers), what=what, said=said)
    if status == HTTPStatus.FORBIDDEN and "suspended" in said.lower():
        return GitHubTrouble(Trouble.SUSPENDED, what=what, said=said)
    if status == HTTPStatus.NOT_FOUND and installation:
        return GitHubTrouble(Trouble.UNINSTALLED, what=what, said=said)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and installation:
        # Of a token, GitHub refuses in these words what nobody has granted
        return GitHubTrouble(Trouble.FORBIDDEN, what=what, said=said)
    code = _CODES.get(
        status, Trouble.BROKEN if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Trouble.ODD_ANSWER
    )
    return GitHubTrouble(code, after=_after(headers), what=what, said=said, status=status)


_CODES: dict[int, Trouble] = {
    HTTPStatus.UNAUTHORIZED: Trouble.UNAUTHORISED,
    HTTPStatus.FORBIDDEN: Trouble.FORBIDDEN,
    HTTPStatus.NOT_FOUND: Trouble.NOT_FOUND,
    HTTPStatus.CONFLICT: Trouble.CONFLICT,
    HTTPStatus.GONE: Trouble.NOT_FOUND,
    HTTPStatus.UNPROCESSABLE_ENTITY: Trouble.REFUSED,
}


def _limited(status: int, said: str, headers: Mapping[str, str]) -> bool:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    spent = headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers
    return status == HTTPStatus.FORBIDDEN and (
        spent or any(words in said.lower() for words in LIMITS)
    )


def _after(headers: Mapping[str, str]) -> float | None:
    """Seconds that GitHub asks us to wait; None when it does not say."""
    try:
        if wait := headers.get("retry-after"):
            if wait.isdigit():
                return float(wait)
            return max(0.0, (parsedate_to_datetime(wait) - datetime.now(UTC)).total_seconds())
        if headers.get("x-ratelimit-remaining") == "0":
            return max(1.0, float(headers["x-ratelimit-reset"]) - time.time())
    except (KeyError, ValueError, TypeError):
        return None
    return None


def _said(error: GithubException) -> str:
    """GitHub's own words, and what it says of each field, capped and fit to be shown."""
    data = error.data if isinstance(error.data, Mapping) else {}
    words = [str(data.get("message") or "")]
    errors = data.get("errors")
    words += [
        str(each.get("message") or each) if isinstance(each, Mapping) else str(each)
        for each in (errors if isinstance(errors, list) else [])
    ]
    return tidy(" · ".join(filter(None, words)), SAID)
