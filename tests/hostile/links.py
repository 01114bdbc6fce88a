"""Links that are attacks themselves, and hosts that behave badly."""

import os

from grader.ground import Ground, Target
from tests.grader.repositories import host

NOBODY = "1" * 40
SECRET = "ghp_of_somebody_else_0123456789"  # a word that no outcome may repeat


def command(ground: Ground) -> Target:
    """A link that is a command to git."""
    reached = ground.scratch / "reached"
    return Target(link=f"ext::sh -c touch%20{reached}", commit=NOBODY)


def option(ground: Ground) -> Target:
    """A link that is an option to git."""
    return Target(link=f"--upload-pack=touch {ground.scratch}/reached", commit=NOBODY)


def folder_outside(ground: Ground) -> Target:
    """A folder of this machine beside those that may be taken."""
    outside = ground.scratch.parent.parent / f"outside-{ground.mark}"
    ground.plant(ground.write(outside))
    ground.stack.callback(os.system, f"rm -rf {outside}")
    climbing = f"file://{ground.scratch}/../../outside-{ground.mark}"
    return Target(link=climbing, commit=NOBODY)


def credentials(ground: Ground) -> Target:
    """A name and a password in the link, which every log would keep."""
    return Target(link=f"https://somebody:{SECRET}@github.com/somebody/work", commit=NOBODY)


def other_host(ground: Ground) -> Target:
    """A host that nobody allowed, here one of the outside."""
    return Target(link=f"https://{ground.words['OUTSIDE']}/owner/{ground.mark}", commit=NOBODY)


def metadata(ground: Ground) -> Target:
    """A link to an address that only this machine can ask."""
    link = f"http://{ground.words['METADATA']}/latest/meta-data/{ground.mark}"
    return Target(link=link, commit=NOBODY)


def redirect(ground: Ground) -> Target:
    """An allowed host that sends git to one that is not."""
    to = f"http://{ground.words['OUTSIDE']}/{ground.mark}"
    return _hosted(ground, "elsewhere", to)


def heavy(ground: Ground) -> Target:
    """A host that sends two gigabytes for a repository of some bytes."""
    return _hosted(ground, "heavy", "")


def _hosted(ground: Ground, manner: str, elsewhere: str) -> Target:
    """A repository on an https host of these manners."""
    served = ground.scratch / "served"
    commit = ground.plant(ground.write(served / "work")).commit
    hosted = host(served, ground.scratch, elsewhere=elsewhere)
    name, certificate, _ = ground.stack.enter_context(hosted)
    link = f"https://{name}/{manner}/work"
    # Git knows one such file: attacks with a host of their own must not run side by side.
    os.environ["GIT_SSL_CAINFO"] = str(certificate)
    ground.stack.callback(os.environ.pop, "GIT_SSL_CAINFO", None)
    return Target(link=link, commit=commit, hosts=(name,))
