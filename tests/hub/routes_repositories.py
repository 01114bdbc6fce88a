"""Repositories, branches and commits, and who somebody is."""

from datetime import timedelta
from urllib.parse import quote

from tests.hub import gits
from tests.hub.models import Protection, now
from tests.hub.routing import Answer, Call, RefusalError, route
from tests.hub.shapes import Shape, moment

REPO = "/repos/{owner}/{repo}"
MOST_FILES = 300


def role(call: Call) -> str | None:
    person = call.caller.person
    return call.hub.world.role(person, call.repository) if person else None


@route("GET", REPO)
def repository(call: Call) -> Answer:
    return Answer(call.hub.shapes.full_repository(call.repository, role(call)))


def protection_shape(call: Call, branch: str, protection: Protection | None) -> Shape:
    """branch-protection"""
    own = f"{call.hub.shapes.repository_api(call.repository)}/branches/{quote(branch)}/protection"
    if protection is None:
        nothing = {"enforcement_level": "off", "contexts": [], "checks": []}
        return {"enabled": False, "required_status_checks": nothing}
    shape: Shape = {
        "url": own,
        "enforce_admins": {"url": f"{own}/enforce_admins", "enabled": protection.admins},
        "allow_force_pushes": {"enabled": protection.force_pushes},
        "allow_deletions": {"enabled": False},
    }
    if protection.reviews is not None:
        shape["required_pull_request_reviews"] = {
            "url": f"{own}/required_pull_request_reviews",
            "dismiss_stale_reviews": False,
            "require_code_owner_reviews": False,
            "required_approving_review_count": protection.reviews,
            "require_last_push_approval": False,
        }
    if protection.contexts:
        shape["required_status_checks"] = {
            "url": f"{own}/required_status_checks",
            "strict": False,
            "contexts": protection.contexts,
            "contexts_url": f"{own}/required_status_checks/contexts",
            "checks": [{"context": name, "app_id": None} for name in protection.contexts],
        }
    return shape


def branch_head(call: Call) -> str:
    name = call.path["branch"]
    found = gits.branches(call.repository.folder).get(name)
    if found is None:
        raise RefusalError(404, "Branch not found")
    return found


@route("GET", REPO + "/branches/{branch}", needs="contents:read")
def branch(call: Call) -> Answer:
    name, sha = call.path["branch"], branch_head(call)
    protection = call.repository.protections.get(name)
    own = f"{call.hub.shapes.repository_api(call.repository)}/branches/{quote(name)}"
    html = f"{call.hub.shapes.repository_web(call.repository)}/tree/{quote(name)}"
    shape = {
        "name": name,
        "commit": commit_shape(call, gits.one(call.repository.folder, sha)),
        "_links": {"self": own, "html": html},
        "protected": protection is not None,
        "protection": protection_shape(call, name, None),
        "protection_url": f"{own}/protection",
    }
    return Answer(shape)


@route("GET", REPO + "/branches", needs="contents:read")
def branches(call: Call) -> Answer:
    base = call.hub.shapes.repository_api(call.repository)
    protections = call.repository.protections
    every = sorted(gits.branches(call.repository.folder).items())
    if "protected" in call.query:
        wanted = call.query["protected"] == "true"
        every = [(name, sha) for name, sha in every if (name in protections) == wanted]
    some, headers = call.page(every)
    shapes = [
        {
            "name": name,
            "commit": {"sha": sha, "url": f"{base}/commits/{sha}"},
            "protected": name in protections,
        }
        for name, sha in some
    ]
    return Answer(shapes, headers=headers)


@route("GET", REPO + "/branches/{branch}/protection", needs="administration:read")
def protection(call: Call) -> Answer:
    branch_head(call)
    found = call.repository.protections.get(call.path["branch"])
    if found is None:
        raise RefusalError(404, "Branch not protected")
    return Answer(protection_shape(call, call.path["branch"], found))


@route("GET", REPO + "/rules/branches/{branch}", needs="metadata:read")
def rules(call: Call) -> Answer:
    some, headers = call.page(call.repository.rules.get(call.path["branch"], []))
    return Answer(some, headers=headers)


def commit_shape(call: Call, commit: gits.Commit) -> Shape:
    """commit, with those whom GitHub knows by their addresses"""
    shape = call.hub.shapes.commit(call.repository, commit)
    for name, who in (("author", commit.author), ("committer", commit.committer)):
        account = call.hub.world.person_of(who.email)
        shape[name] = call.hub.shapes.person(account) if account else None
    return shape


@route("GET", REPO + "/commits", needs="contents:read")
def commits(call: Call) -> Answer:
    folder = call.repository.folder
    if not gits.branches(folder):
        raise RefusalError(409, "Git Repository is empty.")
    start = gits.sha_of(folder, call.query.get("sha", call.repository.default_branch))
    words = [f"--{name}={call.query[name]}" for name in ("since", "until") if name in call.query]
    if "author" in call.query:
        account = call.hub.world.account(call.query["author"])
        known = account.emails if account else [call.query["author"]]
        words += [f"--author=<{email}>" for email in known] or ["--max-count=0"]
    paths = ["--", call.query["path"]] if "path" in call.query else []
    some, headers = call.page(gits.log(folder, *words, start, *paths))
    return Answer([commit_shape(call, one) for one in some], headers=headers)


@route("GET", REPO + "/commits/{ref}", needs="contents:read")
def commit(call: Call) -> Answer:
    folder = call.repository.folder
    if not gits.branches(folder):
        raise RefusalError(409, "Git Repository is empty.")
    found = gits.one(folder, call.path["ref"])
    files = gits.files(folder, found.sha, found.parents[0] if found.parents else None)
    added, removed = sum(one.additions for one in files), sum(one.deletions for one in files)
    some, headers = call.page(files, size=MOST_FILES)
    shape = commit_shape(call, found) | {
        "stats": {"additions": added, "deletions": removed, "total": added + removed},
        "files": [call.hub.shapes.file(call.repository, found.sha, one) for one in some],
    }
    return Answer(shape, headers=headers)


PERIODS = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}


@route("GET", REPO + "/activity", needs="contents:read")
def activity(call: Call) -> Answer:
    found = list(reversed(call.repository.activity))
    if "ref" in call.query:
        full = call.query["ref"]
        full = full if full.startswith("refs/") else f"refs/heads/{full}"
        found = [one for one in found if one.ref == full]
    if "activity_type" in call.query:
        found = [one for one in found if one.kind == call.query["activity_type"]]
    if "actor" in call.query:
        found = [one for one in found if one.actor and one.actor.login == call.query["actor"]]
    if "time_period" in call.query:
        since = now() - timedelta(days=PERIODS[call.query["time_period"]])
        found = [one for one in found if one.made_at >= since]
    if "after" in call.query:  # a cursor: older than this one
        found = [one for one in found if one.number < int(call.query["after"])]
    if call.query.get("direction") == "asc":
        found.reverse()
    return activity_page(call, found)


def activity_page(call: Call, found: list) -> Answer:
    per = int(call.query.get("per_page", 30))
    some, headers = found[:per], {}
    if len(found) > per:
        query = {**call.query, "after": str(some[-1].number)}
        words = "&".join(f"{name}={value}" for name, value in query.items())
        headers = {"Link": f'<{call.address}?{words}>; rel="next"'}
    shapes = [
        {
            "id": one.number,
            "node_id": f"PSH_{one.number}",
            "before": one.before,
            "after": one.after,
            "ref": one.ref,
            "timestamp": moment(one.made_at),
            "activity_type": one.kind,
            "actor": call.hub.shapes.person(one.actor) if one.actor else None,
        }
        for one in some
    ]
    return Answer(shapes, headers=headers)
