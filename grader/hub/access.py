"""Whether somebody may see a repository at GitHub."""

from collections.abc import Iterable

from grader.github import Hub, told


def key_of(hub: Hub, full_name: str, installation: int | None) -> str:
    """A key that reads the contents of this one repository, and nothing else where GitHub can."""
    if installation is None:
        return hub.token
    return hub.token_for(installation, [full_name.partition("/")[2]])


def any_may_read(hub: Hub, full_name: str, installation: int | None, logins: Iterable[str]) -> bool:
    """Whether GitHub counts any of these people among the repository's collaborators."""
    with told(what=full_name):
        if installation is None:
            github = hub.plain()
        else:
            name = full_name.partition("/")[2]
            github = hub.installation(
                installation, repositories=[name], permissions={"metadata": "read"}
            )
        with github:
            repository = github.get_repo(full_name)
            return any(repository.has_in_collaborators(login) for login in logins)
