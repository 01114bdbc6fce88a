"""git over https: who may fetch and push, and what a push sets off."""

from email.message import Message
from typing import TYPE_CHECKING

from tests.grader.repositories import backend
from tests.hub import gits
from tests.hub.access import caller_of, covers, may_see
from tests.hub.models import Account, Repository
from tests.hub.routing import Caller, RefusalError
from tests.hub.state import LEVELS, level_of

if TYPE_CHECKING:
    from tests.hub.standin import StandIn

Reply = tuple[int, dict[str, str], bytes]
ASK = {"WWW-Authenticate": 'Basic realm="GitHub"'}


def respond(
    hub: "StandIn", method: str, name: str, below: str, headers: Message, content: bytes
) -> Reply:
    try:
        caller = caller_of(hub.world, headers)
    except RefusalError as refusal:
        status = refusal.status if refusal.status == 403 else 401
        return status, ASK if status == 401 else {}, str(refusal).encode()
    repository = hub.world.repository(name)
    if repository is None:
        return moved_or_missing(hub, caller, name, below)
    refused = refusal_of(hub, caller, repository, writes="git-receive-pack" in below)
    if refused:
        return refused
    path = f"/{repository.folder.name}{below}"
    root = repository.folder.parent
    pushes = below.startswith("/git-receive-pack")
    if not pushes:
        return backend(root, path, method, headers, content, user_of(hub, caller).login)
    return pushed(hub, caller, repository, path, method, headers, content)


def refusal_of(
    hub: "StandIn", caller: Caller, repository: Repository, *, writes: bool
) -> Reply | None:
    visible = may_see(hub.world, caller, repository)
    if not caller.token and (writes or not visible):
        return 401, ASK, b""
    if not visible:
        return 404, {}, b"Repository not found."
    if not may(hub, caller, repository, "write" if writes else "read"):
        return 403, {}, b"Write access to repository not granted."
    return None


def pushed(
    hub: "StandIn",
    caller: Caller,
    repository: Repository,
    path: str,
    method: str,
    headers: Message,
    content: bytes,
) -> Reply:
    """A push, one at a time for each repository, and the events of the refs that it moved."""
    who = user_of(hub, caller)
    with hub.pushing:
        before = gits.refs(repository.folder)
        reply = backend(repository.folder.parent, path, method, headers, content, who.login)
        after = gits.refs(repository.folder)
    for ref in sorted(before.keys() | after.keys()):
        old, new = before.get(ref, gits.NOTHING), after.get(ref, gits.NOTHING)
        if old != new:
            hub.moved(repository, ref, old, new, who)
    return reply


def user_of(hub: "StandIn", caller: Caller) -> Account:
    if caller.installation:
        return hub.bot(caller.installation.app)
    return caller.person or hub.ghost


def may(hub: "StandIn", caller: Caller, repository: Repository, level: str) -> bool:
    if caller.token and caller.installation:
        if level == "read" and not repository.private:
            return True
        held = caller.token.permissions.get("contents", "none")
        return covers(caller.token, repository) and LEVELS[held] >= LEVELS[level]
    if caller.person:
        held = level_of(hub.world.role(caller.person, repository))
        return LEVELS[held] >= LEVELS[level]
    return level == "read"


def moved_or_missing(hub: "StandIn", caller: Caller, name: str, below: str) -> Reply:
    moved = hub.world.moved.get(name.lower())
    if moved and may_see(hub.world, caller, moved):
        return 301, {"Location": f"{hub.web}/{moved.full_name}.git{below}"}, b""
    return (404, {}, b"Repository not found.") if caller.token else (401, ASK, b"")
