"""Pull requests, their reviews, and what GitHub Actions did with a commit."""

import zlib

from tests.hub import gits
from tests.hub.models import Pull, WorkflowRun, node
from tests.hub.routing import Answer, Call, RefusalError, route
from tests.hub.shapes import Shape, moment

REPO = "/repos/{owner}/{repo}"


def end_shape(call: Call, ref: str, sha: str) -> Shape:
    """One end of a pull request."""
    owner = call.repository.owner
    return {
        "label": f"{owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": call.hub.shapes.person(owner),
        "repo": call.hub.shapes.repository(call.repository),
    }


def simple_pull(call: Call, pull: Pull) -> Shape:
    """pull-request-simple"""
    base, web = call.hub.shapes.repository_api(call.repository), call.hub.shapes
    own, issue = f"{base}/pulls/{pull.number}", f"{base}/issues/{pull.number}"
    html = f"{web.repository_web(call.repository)}/pull/{pull.number}"
    addresses = {
        "url": own,
        "html_url": html,
        "issue_url": issue,
        "commits_url": f"{own}/commits",
        "review_comments_url": f"{own}/comments",
        "review_comment_url": f"{base}/pulls/comments{{/number}}",
        "comments_url": f"{issue}/comments",
        "statuses_url": f"{base}/statuses/{pull.head_sha}",
    }
    links = {name.removesuffix("_url"): {"href": url} for name, url in addresses.items()}
    links["self"] = links.pop("url")
    nothing = ("milestone", "active_lock_reason", "assignee", "auto_merge")
    empty = ("labels", "assignees", "requested_reviewers", "requested_teams")
    return {
        **addresses,
        "_links": links,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "id": pull.id,
        "node_id": node("PullRequest", pull.id),
        "number": pull.number,
        "state": "closed" if pull.closed_at else "open",
        "locked": False,
        "draft": False,
        "title": pull.title,
        "body": pull.body,
        "user": web.person(pull.person),
        **dict.fromkeys(nothing),
        **{name: [] for name in empty},
        "created_at": moment(pull.made_at),
        "updated_at": moment(pull.closed_at or pull.made_at),
        "closed_at": moment(pull.closed_at),
        "merged_at": moment(pull.merged_at),
        "merge_commit_sha": pull.merge_sha,
        "head": end_shape(call, pull.head, pull.head_sha),
        "base": end_shape(call, pull.base, pull.base_sha),
        "author_association": "MEMBER",
    }


def whole_pull(call: Call, pull: Pull) -> Shape:
    """pull-request"""
    folder = call.repository.folder
    commits = gits.log(folder, pull.head_sha, f"^{pull.base_sha}")
    files = gits.files(folder, pull.head_sha, pull.base_sha)
    return simple_pull(call, pull) | {
        "merged": pull.merged_at is not None,
        "mergeable": None if pull.closed_at else True,
        "rebaseable": None if pull.closed_at else True,
        "mergeable_state": "unknown" if pull.closed_at else "clean",
        "merged_by": call.hub.shapes.person(pull.merged_by) if pull.merged_by else None,
        "comments": 0,
        "review_comments": 0,
        "maintainer_can_modify": False,
        "commits": len(commits),
        "additions": sum(one.additions for one in files),
        "deletions": sum(one.deletions for one in files),
        "changed_files": len(files),
    }


@route("GET", REPO + "/pulls", needs="pull_requests:read")
def pulls(call: Call) -> Answer:
    state = call.query.get("state", "open")
    found = [
        one
        for one in reversed(call.repository.pulls)
        if state == "all" or (state == "open") == (one.closed_at is None)
    ]
    if "base" in call.query:
        found = [one for one in found if one.base == call.query["base"]]
    if "head" in call.query:
        found = [one for one in found if one.head == call.query["head"].rpartition(":")[2]]
    if call.query.get("direction") == "asc":
        found.reverse()
    some, headers = call.page(found)
    return Answer([simple_pull(call, one) for one in some], headers=headers)


def asked_for(call: Call) -> Pull:
    wanted = int(call.path["pull_number"])
    found = next((one for one in call.repository.pulls if one.number == wanted), None)
    if found is None:
        raise RefusalError(404, "Not Found")
    return found


@route("GET", REPO + "/pulls/{pull_number}", needs="pull_requests:read")
def pull(call: Call) -> Answer:
    return Answer(whole_pull(call, asked_for(call)))


@route("GET", REPO + "/commits/{commit_sha}/pulls", needs="pull_requests:read")
def of_commit(call: Call) -> Answer:
    folder = call.repository.folder
    sha = gits.sha_of(folder, call.path["commit_sha"])
    found = [
        one
        for one in call.repository.pulls
        if sha in (one.merge_sha, one.head_sha)
        or sha in {each.sha for each in gits.log(folder, one.head_sha, f"^{one.base_sha}")}
    ]
    some, headers = call.page(found)
    return Answer([simple_pull(call, one) for one in some], headers=headers)


@route("GET", REPO + "/pulls/{pull_number}/reviews", needs="pull_requests:read")
def reviews(call: Call) -> Answer:
    pull = asked_for(call)
    shape = simple_pull(call, pull)
    some, headers = call.page(pull.reviews)
    shapes = []
    for one in some:
        html = f"{shape['html_url']}#pullrequestreview-{one.number}"
        links = {"html": {"href": html}, "pull_request": {"href": shape["url"]}}
        shapes.append(
            {
                "id": one.number,
                "node_id": node("PullRequestReview", one.number),
                "user": call.hub.shapes.person(one.person) if one.person else None,
                "body": one.body,
                "state": one.state,
                "html_url": html,
                "pull_request_url": shape["url"],
                "_links": links,
                "submitted_at": moment(one.made_at),
                "commit_id": one.sha,
                "author_association": "MEMBER",
            }
        )
    return Answer(shapes, headers=headers)


def run_shape(call: Call, run: WorkflowRun) -> Shape:
    """workflow-run"""
    base = call.hub.shapes.repository_api(call.repository)
    own, workflow = f"{base}/actions/runs/{run.number}", zlib.crc32(run.name.encode())
    commit = gits.one(call.repository.folder, run.head_sha)
    people = {"author": commit.author, "committer": commit.committer}
    repository = call.hub.shapes.minimal_repository(call.repository)
    return {
        "id": run.number,
        "name": run.name,
        "node_id": node("WorkflowRun", run.number),
        "check_suite_id": run.number + 1,
        "check_suite_node_id": node("CheckSuite", run.number + 1),
        "head_branch": run.branch,
        "head_sha": run.head_sha,
        "path": ".github/workflows/ci.yml",
        "run_number": 1,
        "run_attempt": 1,
        "referenced_workflows": [],
        "event": run.event,
        "status": run.status,
        "conclusion": run.conclusion,
        "workflow_id": workflow,
        "url": own,
        "html_url": f"{call.hub.shapes.repository_web(call.repository)}/actions/runs/{run.number}",
        "pull_requests": [],
        "created_at": moment(run.made_at),
        "updated_at": moment(run.made_at),
        "run_started_at": moment(run.made_at),
        "actor": call.hub.shapes.person(run.actor),
        "triggering_actor": call.hub.shapes.person(run.actor),
        **{f"{name}_url": f"{own}/{name}" for name in ("jobs", "logs", "artifacts", "cancel")},
        "rerun_url": f"{own}/rerun",
        "check_suite_url": f"{base}/check-suites/{run.number + 1}",
        "previous_attempt_url": None,
        "workflow_url": f"{base}/actions/workflows/{workflow}",
        "head_commit": {
            "id": commit.sha,
            "tree_id": commit.tree,
            "message": commit.message,
            "timestamp": commit.committer.date,
            **{name: {"name": one.name, "email": one.email} for name, one in people.items()},
        },
        "repository": repository,
        "head_repository": repository,
        "display_title": commit.message.partition("\n")[0],
    }


@route("GET", REPO + "/actions/runs", needs="actions:read")
def runs(call: Call) -> Answer:
    found = list(reversed(call.repository.runs))
    for name, field in (("head_sha", "head_sha"), ("branch", "branch"), ("event", "event")):
        if name in call.query:
            found = [one for one in found if getattr(one, field) == call.query[name]]
    if "status" in call.query:
        wanted = call.query["status"]
        found = [one for one in found if wanted in (one.status, one.conclusion)]
    some, headers = call.page(found)
    shapes = [run_shape(call, one) for one in some]
    return Answer({"total_count": len(found), "workflow_runs": shapes}, headers=headers)
