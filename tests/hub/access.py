"""Who calls, and whether GitHub would let them."""

import base64
import binascii
from email.message import Message

import jwt

from tests.hub.models import Repository, Token, now
from tests.hub.routing import Call, Caller, RefusalError, Route
from tests.hub.state import LEVELS, World, level_of, public_key

LONGEST_JWT = 600  # seconds, as GitHub has it
SUSPENDED = "This installation has been suspended"
NOT_FOUND = "Not Found"
# A check run belongs to an app; no person may write one.
APPS_ALONE = ("checks",)


def caller_of(world: World, headers: Message) -> Caller:
    """Whoever the header names; a token that does not hold is refused."""
    kind, _, value = headers.get("Authorization", "").partition(" ")
    if not value:
        return Caller()
    if kind.lower() == "basic":
        return Caller(token=valid(world, password(value)))
    if value.count(".") == 2:
        return app_of(world, value)
    return Caller(token=valid(world, value))


def password(value: str) -> str:
    """git gives a token as the password of anybody, or as the name."""
    try:
        name, _, word = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return word if word not in ("", "x-oauth-basic") else name


def valid(world: World, value: str) -> Token:
    token = world.tokens.get(value)
    if token is None or (token.ends_at and token.ends_at <= now()):
        raise RefusalError(401, "Bad credentials")
    installation = token.installation
    if installation and installation.number not in world.installations:
        raise RefusalError(401, "Bad credentials")
    if installation and (installation.suspended_at or installation.app.suspended):
        raise RefusalError(403, SUSPENDED)
    return token


def app_of(world: World, value: str) -> Caller:
    refused = RefusalError(401, "A JSON web token could not be decoded")
    try:
        issuer = str(jwt.decode(value, options={"verify_signature": False}).get("iss"))
        app = next((one for one in world.apps if issuer in (str(one.number), one.client_id)), None)
        if app is None:
            raise RefusalError(404, "Integration not found")
        told = jwt.decode(
            value, public_key(app.pem), algorithms=["RS256"], options={"verify_iss": False}
        )
    except jwt.PyJWTError as error:
        raise refused from error
    if "exp" not in told or told["exp"] - now().timestamp() > LONGEST_JWT:
        text = "'Expiration time' claim ('exp') must be a numeric value representing the future"
        raise RefusalError(401, text)
    if app.suspended:
        raise RefusalError(403, "This GitHub App has been suspended")
    return Caller(app=app)


def admit(call: Call, route: Route) -> None:
    """Refuse what this caller may not do."""
    caller = call.caller
    if (route.only == "app") != bool(caller.app):
        raise RefusalError(401, "A JSON web token could not be decoded")
    if route.only == "installation" and not caller.installation:
        raise RefusalError(403, "You must authenticate with an installation access token")
    if route.only == "person" and not caller.person:
        if caller.installation:
            raise RefusalError(403, "Resource not accessible by integration")
        raise RefusalError(401, "Requires authentication")
    if call.found and not may_see(call.hub.world, caller, call.found):
        raise RefusalError(404, NOT_FOUND)
    if route.needs and call.found:
        require(call, call.found, route.needs)


def covers(token: Token, repository: Repository) -> bool:
    assert token.installation
    if token.repositories is not None and repository not in token.repositories:
        return False
    return token.installation.covers(repository)


def may_see(world: World, caller: Caller, repository: Repository) -> bool:
    if not repository.private:
        return True
    if caller.app:
        every = world.installations.values()
        return any(one.app is caller.app and one.covers(repository) for one in every)
    if caller.token and caller.installation:
        return covers(caller.token, repository)
    return bool(caller.person and world.role(caller.person, repository))


def require(call: Call, repository: Repository, needs: str) -> None:
    """`needs` is a permission with its level, as "contents:read"."""
    name, _, level = needs.partition(":")
    if call.caller.token and call.caller.installation:
        held = call.caller.token.permissions.get(name, "none")
        outside = not covers(call.caller.token, repository)
        if LEVELS[held] < LEVELS[level] or (outside and level != "read"):
            accepted = {"X-Accepted-GitHub-Permissions": f"{name}={level}"}
            raise RefusalError(403, "Resource not accessible by integration", headers=accepted)
    elif call.caller.person:
        if name in APPS_ALONE and level == "write":
            raise RefusalError(403, "You must authenticate via a GitHub App.")
        held = level_of(call.hub.world.role(call.caller.person, repository))
        if LEVELS[held] < LEVELS["admin" if name == "administration" else level]:
            raise RefusalError(403, "Must have admin rights to Repository.")
    elif level != "read" or name == "administration":
        raise RefusalError(401, "Requires authentication")
