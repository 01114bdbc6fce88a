"""One request to the API: let in, held to the description, answered, held to it again."""

import json
import re
from dataclasses import dataclass
from email.message import Message
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from tests.hub import (
    contract,
    gits,
    pages,
    routes_app,
    routes_checks,
    routes_people,
    routes_pulls,
    routes_repositories,
    routes_rooms,
)
from tests.hub.access import NOT_FOUND, admit, caller_of, may_see
from tests.hub.models import Repository, now
from tests.hub.routes_people import LIMIT
from tests.hub.routing import Answer, Call, Caller, RefusalError, Route, find

if TYPE_CHECKING:
    from tests.hub.standin import StandIn

# Each of them tells its routes when it is imported.
PARTS = (pages, routes_app, routes_checks, routes_people)
PARTS += (routes_pulls, routes_repositories, routes_rooms)
BY_NUMBER = re.compile(r"/repositories/(\d+)(/.*)?")
BASE = "/api/v3"


@dataclass
class Seen:
    """What somebody asked, and what they were told."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    caller: Caller
    status: int


def respond(
    hub: "StandIn", method: str, target: str, headers: Message, content: bytes
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body for one request below the API's address."""
    path, _, words = target.removeprefix(BASE).partition("?")
    query = dict(parse_qsl(words, keep_blank_values=True))
    body = json.loads(content) if content else None
    caller = Caller()
    try:
        caller = caller_of(hub.world, headers)
        answer = answered(hub, caller, method, path, query, body)
    except RefusalError as refusal:
        answer = Answer(refusal.body, refusal.status, refusal.headers)
    hub.calls.append(Seen(method, path, query, body, caller, answer.status))
    return packed(hub, answer)


def packed(hub: "StandIn", answer: Answer) -> tuple[int, dict[str, str], bytes]:
    hub.used += 1
    used = hub.used % LIMIT
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-GitHub-Request-Id": f"{hub.used:04X}:STANDIN",
        "X-RateLimit-Limit": str(LIMIT),
        "X-RateLimit-Remaining": str(LIMIT - used),
        "X-RateLimit-Used": str(used),
        "X-RateLimit-Reset": str(int(now().timestamp()) + 3600),
        "X-RateLimit-Resource": "core",
        **answer.headers,
    }
    body = b"" if answer.body is None else json.dumps(answer.body, ensure_ascii=False).encode()
    return answer.status, headers, body


def answered(
    hub: "StandIn", caller: Caller, method: str, path: str, query: dict[str, str], body: Any
) -> Answer:
    numbered = BY_NUMBER.fullmatch(path)
    named, known = path, None
    if numbered:
        known = hub.world.repositories.get(int(numbered[1]))
        if known is None:
            raise RefusalError(404, NOT_FOUND)
        named = f"/repos/{known.full_name}{numbered[2] or ''}"
    found = find(method, named)
    if found is None:
        return violated(hub, [f"{method} {path}: the stand-in has no such operation"])
    route, values = found
    wrong = contract.wrong_request(method, route.template, values, query, body)
    if wrong:
        return violated(hub, wrong)
    call = Call(hub, method, hub.web + BASE + path, values, query, body, caller)
    if {"owner", "repo"} <= values.keys():
        call.found = known or repository_of(call, path)
    admit(call, route)
    return checked(call, route)


def checked(call: Call, route: Route) -> Answer:
    try:
        answer = route.answer(call)
    except RefusalError as refusal:
        answer = Answer(refusal.body, refusal.status, refusal.headers)
    except gits.NoSuchCommitError as error:
        refusal = RefusalError(422, f"No commit found for SHA: {error}")
        answer = Answer(refusal.body, refusal.status)
    wrong = contract.wrong_response(route.method, route.template, answer.status, answer.body)
    return violated(call.hub, wrong) if wrong else answer


def violated(hub: "StandIn", wrong: list[str]) -> Answer:
    """Neither side may be wrong: the test that asked fails at its end, too."""
    hub.violations += wrong
    return Answer({"message": "; ".join(wrong)}, 500)


def repository_of(call: Call, path: str) -> Repository:
    """The repository of that name; one that has moved is told by a redirect."""
    full_name = f"{call.path['owner']}/{call.path['repo']}"
    world = call.hub.world
    found = world.repository(full_name)
    if found:
        return found
    moved = world.moved.get(full_name.lower())
    if moved is None or not may_see(world, call.caller, moved):
        raise RefusalError(404, NOT_FOUND)
    rest = path.split("/", 4)[4:]
    to = "/".join([f"{call.hub.shapes.api}/repositories/{moved.number}", *rest])
    status = 301 if call.method == "GET" else 307
    raise RefusalError(status, "Moved Permanently", headers={"Location": to}, url=to)
