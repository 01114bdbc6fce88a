"""People, organisations and repositories as GitHub's API shows them."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from tests.hub import gits
from tests.hub.models import Account, Repository, node
from tests.hub.state import ROLES

Shape = dict[str, Any]

PERSON_URLS = {
    "followers_url": "followers",
    "following_url": "following{/other_user}",
    "gists_url": "gists{/gist_id}",
    "starred_url": "starred{/owner}{/repo}",
    "subscriptions_url": "subscriptions",
    "organizations_url": "orgs",
    "repos_url": "repos",
    "events_url": "events{/privacy}",
    "received_events_url": "received_events",
}
REPOSITORY_URLS = {
    **{f"{name}_url": name for name in ("contributors", "deployments", "downloads", "events")},
    **{f"{name}_url": name for name in ("forks", "languages", "merges", "stargazers", "hooks")},
    **{f"{name}_url": name for name in ("subscribers", "subscription", "tags", "teams")},
    "archive_url": "{archive_format}{/ref}",
    "assignees_url": "assignees{/user}",
    "blobs_url": "git/blobs{/sha}",
    "branches_url": "branches{/branch}",
    "collaborators_url": "collaborators{/collaborator}",
    "comments_url": "comments{/number}",
    "commits_url": "commits{/sha}",
    "compare_url": "compare/{base}...{head}",
    "contents_url": "contents/{+path}",
    "git_commits_url": "git/commits{/sha}",
    "git_refs_url": "git/refs{/sha}",
    "git_tags_url": "git/tags{/sha}",
    "issue_comment_url": "issues/comments{/number}",
    "issue_events_url": "issues/events{/number}",
    "issues_url": "issues{/number}",
    "keys_url": "keys{/key_id}",
    "labels_url": "labels{/name}",
    "milestones_url": "milestones{/number}",
    "notifications_url": "notifications{?since,all,participating}",
    "pulls_url": "pulls{/number}",
    "releases_url": "releases{/id}",
    "statuses_url": "statuses/{sha}",
    "trees_url": "git/trees{/sha}",
}


def moment(when: datetime | None) -> str | None:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ") if when else None


class Shapes:
    """Everything below one address; `web` is that of pages, `api` that of the API."""

    def __init__(self, web: str) -> None:
        self.web, self.api = web, f"{web}/api/v3"

    def repository_api(self, repository: Repository) -> str:
        return f"{self.api}/repos/{repository.full_name}"

    def repository_web(self, repository: Repository) -> str:
        return f"{self.web}/{repository.full_name}"

    def person(self, account: Account) -> Shape:
        """simple-user"""
        own = f"{self.api}/users/{quote(account.login)}"
        page = account.login.removesuffix("[bot]")
        return {
            "login": account.login,
            "id": account.number,
            "node_id": node(account.kind, account.number),
            "avatar_url": f"{self.web}/avatars/{account.number}",
            "gravatar_id": "",
            "url": own,
            "html_url": f"{self.web}/{'apps/' * (account.kind == 'Bot')}{page}",
            **{name: f"{own}/{rest}" for name, rest in PERSON_URLS.items()},
            "type": account.kind,
            "site_admin": False,
            "user_view_type": "public",
        }

    def whole_person(self, account: Account, *, private: bool = False) -> Shape:
        """public-user, or private-user for the person themself"""
        shape = self.person(account) | dict.fromkeys(
            ("company", "blog", "location", "hireable", "bio", "twitter_username")
        )
        numbers = ["public_repos", "public_gists", "followers", "following"]
        if private:
            numbers += ["private_gists", "total_private_repos", "owned_private_repos"]
            numbers += ["disk_usage", "collaborators"]
            shape["two_factor_authentication"] = True
        shape |= dict.fromkeys(numbers, 0)
        shape |= {"name": account.name, "email": account.emails[0] if account.emails else None}
        return shape | {
            "created_at": moment(account.made_at),
            "updated_at": moment(account.made_at),
        }

    def short_organisation(self, account: Account) -> Shape:
        """organization-simple-webhooks"""
        own = f"{self.api}/orgs/{account.login}"
        return {
            "login": account.login,
            "id": account.number,
            "node_id": node("Organization", account.number),
            "url": own,
            **{f"{name}_url": f"{own}/{name}" for name in ("repos", "events", "hooks", "issues")},
            "members_url": f"{own}/members{{/member}}",
            "public_members_url": f"{own}/public_members{{/member}}",
            "avatar_url": f"{self.web}/avatars/{account.number}",
            "description": None,
        }

    def organisation(self, account: Account) -> Shape:
        """organization-full, as somebody from outside sees it"""
        switches = dict.fromkeys(("has_organization_projects", "has_repository_projects"), True)
        numbers = ("public_repos", "public_gists", "followers", "following")
        return self.short_organisation(account) | {
            **switches,
            **dict.fromkeys(numbers, 0),
            "name": account.name or account.login,
            "html_url": f"{self.web}/{account.login}",
            "type": "Organization",
            "created_at": moment(account.made_at),
            "updated_at": moment(account.made_at),
            "archived_at": None,
        }

    def simple_repository(self, repository: Repository) -> Shape:
        """simple-repository: what it is called, and forty addresses"""
        own = self.repository_api(repository)
        return {
            "id": repository.number,
            "node_id": node("Repository", repository.number),
            "name": repository.name,
            "full_name": repository.full_name,
            "owner": self.person(repository.owner),
            "private": repository.private,
            "html_url": self.repository_web(repository),
            "description": repository.description,
            "fork": False,
            "url": own,
            **{name: f"{own}/{rest}" for name, rest in REPOSITORY_URLS.items()},
        }

    def repository(self, repository: Repository, role: str | None = None) -> Shape:
        """repository, repository-webhooks and (by most of its fields) minimal-repository"""
        web, host = self.repository_web(repository), self.web.partition("//")[2]
        counts = ("forks", "stargazers", "watchers", "open_issues")
        yes = dict.fromkeys(("has_issues", "has_projects", "has_wiki", "has_downloads"), True)
        no = dict.fromkeys(("has_pages", "has_discussions", "archived", "disabled"), False)
        shape = self.simple_repository(repository) | {
            "git_url": f"git://{host}/{repository.full_name}.git",
            "ssh_url": f"git@{host}:{repository.full_name}.git",
            "clone_url": f"{web}.git",
            "svn_url": web,
            **dict.fromkeys(("mirror_url", "homepage", "language", "license")),
            **{f"{name}_count": 0 for name in counts},
            **dict.fromkeys(("forks", "watchers", "open_issues", "size"), 0),
            **yes,
            **no,
            "default_branch": repository.default_branch,
            "is_template": repository.template,
            "topics": [],
            "allow_forking": True,
            "web_commit_signoff_required": False,
            "visibility": "private" if repository.private else "public",
            "pushed_at": moment(repository.pushed_at),
            "created_at": moment(repository.made_at),
            "updated_at": moment(repository.pushed_at),
        }
        if role:
            able = {name: ROLES.index(name) <= ROLES.index(role) for name in ROLES}
            shape["permissions"] = able
        return shape

    def minimal_repository(self, repository: Repository) -> Shape:
        """minimal-repository, which says nothing of a licence that is not there"""
        shape = self.repository(repository)
        del shape["license"]
        return shape

    def full_repository(self, repository: Repository, role: str | None = None) -> Shape:
        """full-repository"""
        shape = self.repository(repository, role)
        shape |= {"network_count": 0, "subscribers_count": 0}
        if repository.owner.kind == "Organization":
            shape["organization"] = self.person(repository.owner)
        if repository.made_from:
            shape["template_repository"] = self.repository(repository.made_from)
        return shape

    def short_repository(self, repository: Repository) -> Shape:
        """What an installation's events say of a repository."""
        return {
            "id": repository.number,
            "node_id": node("Repository", repository.number),
            "name": repository.name,
            "full_name": repository.full_name,
            "private": repository.private,
        }

    def commit(self, repository: Repository, commit: gits.Commit) -> Shape:
        """commit, but for its files"""
        own = f"{self.repository_api(repository)}/commits/{commit.sha}"
        return {
            "url": own,
            "sha": commit.sha,
            "node_id": node("Commit", int(commit.sha[:12], 16)),
            "html_url": f"{self.repository_web(repository)}/commit/{commit.sha}",
            "comments_url": f"{own}/comments",
            "commit": {
                "url": f"{self.repository_api(repository)}/git/commits/{commit.sha}",
                "author": vars(commit.author),
                "committer": vars(commit.committer),
                "message": commit.message,
                "comment_count": 0,
                "tree": {
                    "sha": commit.tree,
                    "url": f"{self.repository_api(repository)}/git/trees/{commit.tree}",
                },
            },
            "author": None,
            "committer": None,
            "parents": [
                {
                    "sha": sha,
                    "url": f"{self.repository_api(repository)}/commits/{sha}",
                    "html_url": f"{self.repository_web(repository)}/commit/{sha}",
                }
                for sha in commit.parents
            ],
        }

    def file(self, repository: Repository, sha: str, file: gits.File) -> Shape:
        """diff-entry, without the patch"""
        web, name = self.repository_web(repository), quote(file.name)
        return {
            "sha": file.sha,
            "filename": file.name,
            "status": file.status,
            "additions": file.additions,
            "deletions": file.deletions,
            "changes": file.additions + file.deletions,
            "blob_url": f"{web}/blob/{sha}/{name}",
            "raw_url": f"{web}/raw/{sha}/{name}",
            "contents_url": f"{self.repository_api(repository)}/contents/{name}?ref={sha}",
        }
