"""Check runs and commit statuses."""

from typing import Any

from tests.hub import gits
from tests.hub.models import CheckRun, Repository, Status, node, now
from tests.hub.routes_app import app_shape
from tests.hub.routing import Answer, Call, RefusalError, invalid, route
from tests.hub.shapes import Shape, Shapes, moment

MOST_ANNOTATIONS, MOST_ACTIONS, MOST_STATUSES = 50, 3, 1000
LONGEST_TEXT, LONGEST_DESCRIPTION = 65_535, 140
RUNS, RUN = "/repos/{owner}/{repo}/check-runs", "/repos/{owner}/{repo}/check-runs/{check_run_id}"


def suite_number(run: CheckRun) -> int:
    """One suite for each app and commit."""
    return int(run.head_sha[:6], 16) * 1000 + run.app.number % 1000


def check_run_shape(shapes: Shapes, repository: Repository, run: CheckRun) -> Shape:
    """check-run"""
    own, told = f"{shapes.repository_api(repository)}/check-runs/{run.number}", run.told
    output = told.get("output", {})
    return {
        "id": run.number,
        "head_sha": run.head_sha,
        "node_id": node("CheckRun", run.number),
        "external_id": told.get("external_id", ""),
        "url": own,
        "html_url": f"{shapes.repository_web(repository)}/runs/{run.number}",
        "details_url": told.get("details_url", "https://portal.example.edu"),
        "status": told.get("status", "queued"),
        "conclusion": told.get("conclusion"),
        "started_at": told.get("started_at"),
        "completed_at": told.get("completed_at"),
        "output": {
            **{name: output.get(name) for name in ("title", "summary", "text")},
            "annotations_count": len(run.annotations),
            "annotations_url": f"{own}/annotations",
        },
        "name": told["name"],
        "check_suite": {"id": suite_number(run)},
        "app": app_shape(shapes, run.app),
        "pull_requests": [],
    }


def say(run: CheckRun, told: dict[str, Any]) -> None:
    """Take over what an app says of its run."""
    too_much(told, told.get("output", {}))
    output = told.get("output", {})
    if told.get("status") == "completed" and "conclusion" not in told | run.told:
        raise RefusalError(422, "Invalid request.\n\nconclusion is missing")
    if "conclusion" in told:
        told = {"status": "completed", "completed_at": moment(now()), **told}
    before = run.told.get("output", {})
    run.annotations += output.get("annotations", [])
    run.told |= told
    if output:
        run.told["output"] = before | output


def too_much(told: dict[str, Any], output: dict[str, Any]) -> None:
    """GitHub's own limits."""
    if len(output.get("annotations", [])) > MOST_ANNOTATIONS:
        raise RefusalError(422, "Invalid request.\n\nNo more than 50 items are allowed")
    if len(told.get("actions", [])) > MOST_ACTIONS:
        raise RefusalError(422, "Invalid request.\n\nNo more than 3 items are allowed")
    for name in ("summary", "text"):
        if len(output.get(name) or "") > LONGEST_TEXT:
            raise invalid("CheckRun", name, "too_long", "is too long (maximum is 65535 characters)")
    for action in told.get("actions", []):
        for name, most in (("label", 20), ("description", 40), ("identifier", 20)):
            if len(action[name]) > most:
                raise RefusalError(422, f"Invalid request.\n\n{name} is too long.")


@route("POST", RUNS, needs="checks:write")
def create(call: Call) -> Answer:
    sha = call.body["head_sha"]
    if len(sha) != 40:
        raise invalid("CheckRun", "head_sha", "invalid")
    gits.sha_of(call.repository.folder, sha)
    run = CheckRun(
        call.hub.world.number(), call.installation.app, sha, {"started_at": moment(now())}
    )
    say(run, call.body)
    call.repository.check_runs.append(run)
    return Answer(check_run_shape(call.hub.shapes, call.repository, run), 201)


def asked_for(call: Call) -> CheckRun:
    wanted = int(call.path["check_run_id"])
    found = next((one for one in call.repository.check_runs if one.number == wanted), None)
    if found is None:
        raise RefusalError(404, "Not Found")
    return found


@route("GET", RUN, needs="checks:read")
def check_run(call: Call) -> Answer:
    return Answer(check_run_shape(call.hub.shapes, call.repository, asked_for(call)))


@route("PATCH", RUN, needs="checks:write")
def update(call: Call) -> Answer:
    run = asked_for(call)
    if run.app is not call.installation.app:
        raise RefusalError(403, "Invalid app_id " + str(run.app.number))
    say(run, call.body)
    return Answer(check_run_shape(call.hub.shapes, call.repository, run))


@route("GET", "/repos/{owner}/{repo}/commits/{ref}/check-runs", needs="checks:read")
def of_commit(call: Call) -> Answer:
    sha = gits.sha_of(call.repository.folder, call.path["ref"])
    found = [one for one in reversed(call.repository.check_runs) if one.head_sha == sha]
    if "check_name" in call.query:
        found = [one for one in found if one.told["name"] == call.query["check_name"]]
    if "app_id" in call.query:
        found = [one for one in found if one.app.number == int(call.query["app_id"])]
    if call.query.get("filter", "latest") == "latest":
        found = list({(one.app.number, one.told["name"]): one for one in reversed(found)}.values())
    some, headers = call.page(found)
    shapes = [check_run_shape(call.hub.shapes, call.repository, one) for one in some]
    return Answer({"total_count": len(found), "check_runs": shapes}, headers=headers)


def simple_status(call: Call, status: Status) -> Shape:
    """simple-commit-status"""
    base = call.hub.shapes.repository_api(call.repository)
    return {
        "url": f"{base}/statuses/{status.sha}",
        "avatar_url": f"{call.hub.web}/avatars/{status.creator.number}",
        "id": status.number,
        "node_id": node("Status", status.number),
        "state": status.told["state"],
        "description": status.told.get("description"),
        "target_url": status.told.get("target_url"),
        "context": status.told.get("context", "default"),
        "created_at": moment(status.made_at),
        "updated_at": moment(status.made_at),
    }


@route("POST", "/repos/{owner}/{repo}/statuses/{sha}", needs="statuses:write")
def set_status(call: Call) -> Answer:
    sha = gits.sha_of(call.repository.folder, call.path["sha"])
    if len(call.body.get("description") or "") > LONGEST_DESCRIPTION:
        raise invalid("Status", "description", "custom", "description is too long (140 characters)")
    if len(of_sha(call.repository, sha)) >= MOST_STATUSES:
        raise invalid("Status", "context", "custom", "This SHA has reached the maximum of statuses")
    caller = call.caller
    creator = caller.person or call.hub.bot(call.installation.app)
    status = Status(call.hub.world.number(), sha, creator, call.body)
    call.repository.statuses.append(status)
    shape = simple_status(call, status) | {"creator": call.hub.shapes.person(creator)}
    return Answer(shape, 201)


def of_sha(repository: Repository, sha: str) -> list[Status]:
    return [one for one in reversed(repository.statuses) if one.sha == sha]


@route("GET", "/repos/{owner}/{repo}/commits/{ref}/statuses", needs="statuses:read")
def statuses(call: Call) -> Answer:
    sha = gits.sha_of(call.repository.folder, call.path["ref"])
    some, headers = call.page(of_sha(call.repository, sha))
    person = call.hub.shapes.person
    shapes = [simple_status(call, one) | {"creator": person(one.creator)} for one in some]
    return Answer(shapes, headers=headers)


@route("GET", "/repos/{owner}/{repo}/commits/{ref}/status", needs="statuses:read")
def combined(call: Call) -> Answer:
    sha = gits.sha_of(call.repository.folder, call.path["ref"])
    newest: dict[str, Status] = {}
    for one in of_sha(call.repository, sha):
        newest.setdefault(one.told.get("context", "default"), one)
    states = {one.told["state"] for one in newest.values()}
    failed, open_ = states & {"failure", "error"}, not states or "pending" in states
    base = call.hub.shapes.repository_api(call.repository)
    some, headers = call.page(newest.values())
    shape = {
        "state": "failure" if failed else "pending" if open_ else "success",
        "statuses": [simple_status(call, one) for one in some],
        "sha": sha,
        "total_count": len(newest),
        "repository": call.hub.shapes.minimal_repository(call.repository),
        "commit_url": f"{base}/commits/{sha}",
        "url": f"{base}/commits/{sha}/status",
    }
    return Answer(shape, headers=headers)
