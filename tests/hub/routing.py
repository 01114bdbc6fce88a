"""Which function answers which operation of GitHub's description, and what it is given."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

from tests.hub.models import Account, App, Installation, Repository, Token

if TYPE_CHECKING:
    from tests.hub.standin import StandIn

DOCS = "https://docs.github.com/rest"


class RefusalError(Exception):
    """An answer of GitHub that is an error."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: list[Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **more: str,
    ) -> None:
        super().__init__(message)
        self.status, self.headers = status, dict(headers or {})
        self.body: dict[str, Any] = {"message": message, "documentation_url": DOCS}
        if errors is None:
            self.body |= {"status": str(status), **more}
        else:
            self.body["errors"] = errors


def invalid(resource: str, name: str, code: str, message: str = "") -> RefusalError:
    """422 with the list of what is wrong."""
    error = {"resource": resource, "field": name, "code": code}
    error |= {"message": message} if message else {}
    return RefusalError(422, "Validation Failed", errors=[error])


@dataclass
class Answer:
    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Caller:
    """At most one of these is somebody; nobody is anonymous."""

    app: App | None = None
    token: Token | None = None

    @property
    def person(self) -> Account | None:
        return self.token.person if self.token else None

    @property
    def installation(self) -> Installation | None:
        return self.token.installation if self.token else None


@dataclass
class Route:
    method: str
    template: str
    answer: "Callable[[Call], Answer]"
    needs: str  # "checks:write", or "" for what everybody may do
    only: str  # "", "app", "installation" or "person"
    pattern: re.Pattern[str]


@dataclass
class Call:
    hub: "StandIn"
    method: str
    address: str
    path: dict[str, str]
    query: dict[str, str]
    body: Any
    caller: Caller
    found: Repository | None = None

    @property
    def repository(self) -> Repository:
        assert self.found, "the route names no repository"
        return self.found

    @property
    def token(self) -> Token:
        assert self.caller.token, "the route is for those with a token"
        return self.caller.token

    @property
    def installation(self) -> Installation:
        assert self.caller.installation, "the route is for installations"
        return self.caller.installation

    @property
    def person(self) -> Account:
        assert self.caller.person, "the route is for people"
        return self.caller.person

    def page(self, items: Iterable[Any], size: int = 30) -> tuple[list[Any], dict[str, str]]:
        """One page of them, and the header that says where the others are."""
        every, per = list(items), min(int(self.query.get("per_page", size)), 100)
        number = int(self.query.get("page", 1))
        last = max(1, -(-len(every) // per))
        places = {"next": number + 1, "last": last} if number < last else {}
        places |= {"prev": number - 1, "first": 1} if number > 1 else {}
        links = ", ".join(
            f'<{self.address}?{urlencode(self.query | {"page": str(at)})}>; rel="{word}"'
            for word, at in places.items()
        )
        return every[(number - 1) * per : number * per], {"Link": links} if links else {}


ROUTES: list[Route] = []
OLD = re.compile(r"(/repos/[^/]+/[^/]+)/statuses/(.+)")  # an older name, which PyGithub still uses


def route(
    method: str, template: str, *, needs: str = "", only: str = ""
) -> Callable[[Callable[[Call], Answer]], Callable[[Call], Answer]]:
    """Bind a function to an operation of the description."""

    def bind(answer: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
        shape = re.sub(r"\{(branch|ref)\}", r"(?P<\1>.+)", template)
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", shape))
        ROUTES.append(Route(method, template, answer, needs, only, pattern))
        return answer

    return bind


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a path (still quoted); that which is told most literally comes first."""
    if method == "GET":
        path = OLD.sub(r"\1/commits/\2/statuses", path)
    found = [
        (one, match)
        for one in ROUTES
        if one.method == method and (match := one.pattern.fullmatch(path))
    ]
    if not found:
        return None
    best, match = max(found, key=lambda pair: len(re.sub(r"\{\w+\}", "", pair[0].template)))
    return best, {name: unquote(value) for name, value in match.groupdict().items()}
