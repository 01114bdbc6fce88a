"""The app itself: who it is, where it is installed, its tokens and its hook's deliveries."""

from typing import Any

from tests.hub.access import SUSPENDED
from tests.hub.models import App, Installation, Repository, node
from tests.hub.routing import Answer, Call, RefusalError, route
from tests.hub.shapes import Shape, Shapes, moment
from tests.hub.state import LEVELS


def app_shape(shapes: Shapes, app: App, installations: int | None = None) -> Shape:
    """integration"""
    count = {} if installations is None else {"installations_count": installations}
    return {
        "id": app.number,
        "slug": app.slug,
        "node_id": node("App", app.number),
        "client_id": app.client_id,
        "owner": shapes.person(app.owner),
        "name": app.name,
        "description": None,
        "external_url": "https://portal.example.edu",
        "html_url": f"{shapes.web}/apps/{app.slug}",
        "created_at": moment(app.made_at),
        "updated_at": moment(app.made_at),
        "permissions": app.permissions,
        "events": app.events,
        **count,
    }


def installation_shape(shapes: Shapes, installation: Installation) -> Shape:
    """installation"""
    account, suspended = installation.account, installation.suspended_at
    return {
        "id": installation.number,
        "account": shapes.person(account),
        "repository_selection": "all" if installation.repositories is None else "selected",
        "access_tokens_url": f"{shapes.api}/app/installations/{installation.number}/access_tokens",
        "repositories_url": f"{shapes.api}/installation/repositories",
        "html_url": f"{shapes.web}/settings/installations/{installation.number}",
        "app_id": installation.app.number,
        "client_id": installation.app.client_id,
        "app_slug": installation.app.slug,
        "target_id": account.number,
        "target_type": account.kind,
        "permissions": installation.permissions,
        "events": installation.events,
        "created_at": moment(installation.made_at),
        "updated_at": moment(installation.made_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": shapes.person(account) if suspended else None,
        "suspended_at": moment(suspended),
    }


def caller_app(call: Call) -> App:
    assert call.caller.app
    return call.caller.app


def of_app(call: Call) -> list[Installation]:
    every = call.hub.world.installations.values()
    return [one for one in every if one.app is caller_app(call)]


def asked_for(call: Call) -> Installation:
    wanted = int(call.path["installation_id"])
    found = next((one for one in of_app(call) if one.number == wanted), None)
    if found is None:
        raise RefusalError(404, "Not Found")
    return found


@route("GET", "/app", only="app")
def app(call: Call) -> Answer:
    return Answer(app_shape(call.hub.shapes, caller_app(call), len(of_app(call))))


@route("GET", "/app/installations", only="app")
def installations(call: Call) -> Answer:
    some, headers = call.page(of_app(call))
    return Answer([installation_shape(call.hub.shapes, one) for one in some], headers=headers)


@route("GET", "/app/installations/{installation_id}", only="app")
def installation(call: Call) -> Answer:
    return Answer(installation_shape(call.hub.shapes, asked_for(call)))


@route("GET", "/repos/{owner}/{repo}/installation", only="app")
def installation_of_repository(call: Call) -> Answer:
    for one in of_app(call):
        if one.covers(call.repository):
            return Answer(installation_shape(call.hub.shapes, one))
    raise RefusalError(404, "Not Found")


@route("GET", "/orgs/{org}/installation", only="app")
def installation_of_organisation(call: Call) -> Answer:
    for one in of_app(call):
        if one.account.login.lower() == call.path["org"].lower():
            return Answer(installation_shape(call.hub.shapes, one))
    raise RefusalError(404, "Not Found")


@route("POST", "/app/installations/{installation_id}/access_tokens", only="app")
def access_token(call: Call) -> Answer:
    installation, asked = asked_for(call), call.body or {}
    if installation.suspended_at:
        raise RefusalError(403, SUSPENDED)
    permissions = asked.get("permissions")
    for name, level in (permissions or {}).items():
        if LEVELS[installation.permissions.get(name, "none")] < LEVELS[level]:
            text = "The permissions requested are not granted to this installation."
            raise RefusalError(422, text)
    chosen = chosen_repositories(call, installation, asked)
    token = call.hub.world.installation_token(installation, permissions, chosen)
    shape: dict[str, Any] = {
        "token": token.value,
        "expires_at": moment(token.ends_at),
        "permissions": token.permissions,
        "repository_selection": "all" if token.repositories is None else "selected",
    }
    if chosen is not None:
        shape["repositories"] = [call.hub.shapes.repository(one) for one in chosen]
    return Answer(shape, 201)


def chosen_repositories(
    call: Call, installation: Installation, asked: dict[str, Any]
) -> list[Repository] | None:
    if "repositories" not in asked and "repository_ids" not in asked:
        return None
    names = {name.lower() for name in asked.get("repositories", [])}
    numbers = set(asked.get("repository_ids", []))
    chosen = [
        one
        for one in call.hub.world.repositories.values()
        if installation.covers(one) and (one.name.lower() in names or one.number in numbers)
    ]
    if len(chosen) < max(len(names), len(numbers)):
        text = "There is at least one repository that does not exist or is not accessible to the "
        raise RefusalError(422, text + "parent installation.")
    return chosen


@route("GET", "/installation/repositories", only="installation")
def repositories(call: Call) -> Answer:
    token, installation = call.token, call.installation
    every = [
        one
        for one in call.hub.world.repositories.values()
        if installation.covers(one) and (token.repositories is None or one in token.repositories)
    ]
    some, headers = call.page(every)
    selection = "all" if installation.repositories is None else "selected"
    shapes = [call.hub.shapes.repository(one) for one in some]
    told = {"total_count": len(every), "repository_selection": selection, "repositories": shapes}
    return Answer(told, headers=headers)


@route("GET", "/app/hook/config", only="app")
def hook_config(call: Call) -> Answer:
    address = caller_app(call).hook_url
    told = {"content_type": "json", "insecure_ssl": "0", "secret": "********"}
    return Answer(told | ({"url": address} if address else {}))


@route("GET", "/app/hook/deliveries", only="app")
def deliveries(call: Call) -> Answer:
    newest = [one for one in reversed(call.hub.deliveries) if one.app is caller_app(call)]
    if "cursor" in call.query:
        newest = [one for one in newest if one.number < int(call.query["cursor"])]
    per = int(call.query.get("per_page", 30))
    link = (
        f'<{call.address}?per_page={per}&cursor={newest[per - 1].number}>; rel="next"'
        if len(newest) > per
        else ""
    )
    shapes = [one.short() for one in newest[:per]]
    return Answer(shapes, headers={"Link": link} if link else {})


@route("GET", "/app/hook/deliveries/{delivery_id}", only="app")
def delivery(call: Call) -> Answer:
    return Answer(call.hub.delivery(int(call.path["delivery_id"])).whole())


@route("POST", "/app/hook/deliveries/{delivery_id}/attempts", only="app")
def redeliver(call: Call) -> Answer:
    call.hub.redeliver(int(call.path["delivery_id"]))
    return Answer({}, 202)
