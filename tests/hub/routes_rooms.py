"""Making repositories, and letting people into them."""

from typing import Any

from tests.hub import gits
from tests.hub.access import NOT_FOUND, may_see
from tests.hub.models import Account, Invitation, Repository
from tests.hub.routing import Answer, Call, RefusalError, invalid, route
from tests.hub.shapes import Shape, moment
from tests.hub.state import LEVELS, ROLES, level_of

REPO = "/repos/{owner}/{repo}"
COLLABORATORS, ONE = REPO + "/collaborators", REPO + "/collaborators/{username}"
NAME = "name already exists on this account"
INVITED = {"pull": "read", "push": "write"}


def may_create(call: Call, owner: Account) -> None:
    """Who makes repositories for an owner: its owners, and apps with administration there."""
    refused = RefusalError(403, "Resource not accessible by integration")
    if call.caller.token and call.caller.installation:
        held = call.token.permissions.get("administration", "none")
        if call.installation.account is not owner or LEVELS[held] < LEVELS["write"]:
            raise refused
    elif not call.caller.person:
        raise RefusalError(401, "Requires authentication")
    elif call.person is not owner and call.person.login not in owner.owners:
        raise RefusalError(403, "You need admin access to the organization before adding a repo.")
    if not owner.can_create:
        raise RefusalError(403, "Organization has blocked repository creation")


def new_repository(call: Call, owner: Account, asked: dict[str, Any], **more: Any) -> Repository:
    world, name = call.hub.world, asked["name"]
    if world.repository(f"{owner.login}/{name}"):
        raise invalid("Repository", "name", "custom", NAME)
    if len(name) > 100 or not name.strip("."):
        raise invalid(
            "Repository", "name", "custom", "name is too long (maximum is 100 characters)"
        )
    made = call.hub.repository(owner, name, private=asked.get("private", False), **more)
    made.description = asked.get("description")
    if call.caller.person and owner.kind == "User":
        return made
    for one in world.installations.values():
        if call.caller.installation is one and one.repositories is not None:
            one.repositories.append(made)  # an app keeps what it makes
    return made


def told(call: Call, made: Repository) -> Answer:
    sender = call.caller.person or call.hub.bot(call.installation.app)
    call.hub.tell(made, "repository", sender, action="created")
    return Answer(call.hub.shapes.full_repository(made, "admin"), 201)


@route("POST", "/orgs/{org}/repos")
def create(call: Call) -> Answer:
    owner = call.hub.world.account(call.path["org"])
    if owner is None or owner.kind != "Organization":
        raise RefusalError(404, NOT_FOUND)
    may_create(call, owner)
    made = new_repository(call, owner, call.body, template=call.body.get("is_template", False))
    if call.body.get("auto_init"):
        gits.write(made.folder, made.default_branch, {"README.md": f"# {made.name}\n"})
    return told(call, made)


@route("POST", "/repos/{template_owner}/{template_repo}/generate")
def generate(call: Call) -> Answer:
    world, path = call.hub.world, call.path
    template = world.repository(f"{path['template_owner']}/{path['template_repo']}")
    if template is None or not may_see(world, call.caller, template) or not template.template:
        raise RefusalError(404, NOT_FOUND)
    owner = world.account(call.body["owner"]) if "owner" in call.body else call.caller.person
    if owner is None:
        raise RefusalError(404, NOT_FOUND)
    may_create(call, owner)
    made = new_repository(call, owner, call.body, default_branch=template.default_branch)
    made.made_from = template
    sender = call.caller.person or call.hub.bot(call.installation.app)
    gits.generate(template.folder, made.folder, made.default_branch, sender.login)
    return told(call, made)


def role_name(role: str) -> str:
    """GitHub says it one way when it is told, and another way when it tells."""
    return INVITED.get(role, role)


def named(call: Call) -> Account:
    found = call.hub.world.account(call.path["username"])
    if found is None:
        raise RefusalError(404, NOT_FOUND)
    return found


def collaborator_shape(call: Call, person: Account, role: str) -> Shape:
    """collaborator"""
    able = {name: ROLES.index(name) <= ROLES.index(role) for name in ROLES}
    shape = call.hub.shapes.person(person)
    return shape | {"permissions": able, "role_name": role_name(role)}


def roles_in(call: Call) -> dict[str, str]:
    """Direct collaborators, and those who are there because the organisation is theirs."""
    everybody = dict(call.repository.collaborators)
    owners = call.repository.owner.owners or {call.repository.owner.login}
    if call.query.get("affiliation", "all") in ("direct", "outside"):
        return everybody
    return everybody | dict.fromkeys(sorted(owners), "admin")


@route("GET", COLLABORATORS, needs="metadata:read")
def collaborators(call: Call) -> Answer:
    people = [(call.hub.world.account(login), role) for login, role in roles_in(call).items()]
    some, headers = call.page(people)
    return Answer([collaborator_shape(call, *one) for one in some if one[0]], headers=headers)


@route("GET", ONE, needs="metadata:read")
def is_collaborator(call: Call) -> Answer:
    wanted = call.path["username"].lower()
    if wanted in map(str.lower, roles_in(call)):
        return Answer(status=204)
    raise RefusalError(404, f"{call.path['username']} is not a user")


@route("GET", ONE + "/permission", needs="metadata:read")
def permission(call: Call) -> Answer:
    person = named(call)
    role = call.hub.world.role(person, call.repository)
    user = collaborator_shape(call, person, role) if role else None
    shown = {"permission": level_of(role), "role_name": role_name(role or "none"), "user": user}
    return Answer(shown)


@route("PUT", ONE, needs="administration:write")
def let_in(call: Call) -> Answer:
    person, role = named(call), (call.body or {}).get("permission", "push")
    if role not in ROLES:
        raise invalid("Repository", "permission", "invalid")
    repository = call.repository
    if person is repository.owner or person.kind != "User":
        raise invalid("Repository", "user", "custom", "Repository owner cannot be a collaborator")
    waiting = next((one for one in repository.invitations if one.invitee is person), None)
    if person.login in repository.collaborators or person.login in repository.owner.members:
        repository.collaborators[person.login] = role
        return Answer(status=204)
    if waiting:
        return Answer(status=204)
    inviter = call.caller.person or call.hub.bot(call.installation.app)
    made = Invitation(call.hub.world.number(), person, inviter, role)
    repository.invitations.append(made)
    return Answer(invitation_shape(call, made), 201)


@route("DELETE", ONE, needs="administration:write")
def let_go(call: Call) -> Answer:
    person = named(call)
    call.repository.collaborators.pop(person.login, None)
    kept = [one for one in call.repository.invitations if one.invitee is not person]
    call.repository.invitations[:] = kept
    return Answer(status=204)


def invitation_shape(call: Call, invitation: Invitation) -> Shape:
    """repository-invitation"""
    base = call.hub.shapes.repository_api(call.repository)
    return {
        "id": invitation.number,
        "node_id": f"RI_{invitation.number}",
        "repository": call.hub.shapes.minimal_repository(call.repository),
        "invitee": call.hub.shapes.person(invitation.invitee),
        "inviter": call.hub.shapes.person(invitation.inviter),
        "permissions": role_name(invitation.role),
        "created_at": moment(invitation.made_at),
        "expired": invitation.expired,
        "url": f"{base}/invitations/{invitation.number}",
        "html_url": f"{call.hub.shapes.repository_web(call.repository)}/invitations",
    }


@route("GET", REPO + "/invitations", needs="administration:read")
def invitations(call: Call) -> Answer:
    some, headers = call.page(call.repository.invitations)
    return Answer([invitation_shape(call, one) for one in some], headers=headers)


@route("DELETE", REPO + "/invitations/{invitation_id}", needs="administration:write")
def forget_invitation(call: Call) -> Answer:
    kept = [
        one for one in call.repository.invitations if one.number != int(call.path["invitation_id"])
    ]
    call.repository.invitations[:] = kept
    return Answer(status=204)
