"""What somebody may do with a repository at GitHub."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote

from grader.github import Github, Hub, if_there, told

SEE = {"metadata": "read"}
MAY_PUSH = ("write", "admin", "maintain")

People = Iterable[Sequence[int | str]]  # GitHub's number of each, and the name proved with it


def key_of(hub: Hub, full_name: str, installation: int | None) -> str:
    """A key that reads the contents of this one repository, and nothing else where GitHub can."""
    if installation is None:
        return hub.token
    return hub.token_for(installation, [full_name.partition("/")[2]])


def any_may_read(hub: Hub, full_name: str, installation: int | None, people: People) -> bool:
    """Whether GitHub lets any of these people see the repository."""
    with told(what=full_name), seeing(hub, full_name, installation) as github:
        return any(permission(github, full_name, *each) != "none" for each in people)


def seeing(
    hub: Hub,
    full_name: str,
    installation: int | None,
    permissions: Mapping[str, str] = SEE,
) -> Github:
    """GitHub for one repository; by an installation, only with these permissions."""
    if installation is None:
        return hub.plain()
    name = full_name.partition("/")[2]
    return hub.installation(installation, repositories=[name], permissions=permissions)


def pushers(github: Github, full_name: str, people: People) -> Iterator[int | str]:
    """The numbers of those of these people who may push to the repository, asked one by one."""
    for number, login in people:
        if permission(github, full_name, number, login) in MAY_PUSH:
            yield number


def permission(github: Github, full_name: str, number: int | str, login: int | str) -> str:
    """What a person may do: `admin`, `write`, `read` or `none`.

    A name that somebody gave up may belong to another one now: then it is `none`.
    """
    name = quote(str(login), safe="")
    with if_there(what=full_name):
        _, answer = github.requester.requestJsonAndCheck(
            "GET", f"/repos/{full_name}/collaborators/{name}/permission"
        )
        whose = (answer["user"] or {}).get("id")  # nobody's without a permission
        return str(answer["permission"]) if whose == number else "none"
    return "none"
