"""What an image build may reach: package registries, through a proxy that knows no other way.

`python -m grader.registries LISTEN` prints the proxy's configuration; `script/engine` runs it.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from grader.images.site import pip_config, pip_settings
from grader.settings import GraderSettings

HOST = re.compile(r"[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?")
LINK = re.compile(r"https?://[^\s/'\",)>]+")
ANSWER_SECONDS = 60
# Names alone are compared (-n): whoever owns an address also says what name it claims to have.
CONF = """\
http_port {listen}
acl registries dstdomain -n {hosts}
acl web port 80 443
acl tunnel method CONNECT
http_access deny to_localhost
http_access deny !web
http_access deny tunnel !registries
http_access allow registries
http_access deny all
cache deny all
memory_pools off
shutdown_lifetime 1 seconds
visible_hostname build-proxy
httpd_suppress_version_string on
via off
forwarded_for delete
pid_filename none
cache_log stdio:/dev/stderr
access_log none
netdb_filename none
pinger_enable off
coredump_dir /
"""


def main(words: Sequence[str]) -> int:
    """Print the configuration of a proxy that listens on the address given."""
    if len(words) != 1:
        sys.stderr.write("usage: python -m grader.registries ADDRESS:PORT\n")
        return 64
    hosts = reachable(GraderSettings())
    sys.stderr.write(f"builds reach {', '.join(hosts) or 'nothing'}\n")
    sys.stdout.write(proxy_conf(hosts, words[0]))
    return 0


def reachable(settings: GraderSettings) -> list[str]:
    """The hosts that a build may reach: those of the settings, else where this machine installs.

    Raises ValueError for what is no name of a host.
    """
    named = settings.registries or installed_from()
    hosts = sorted({host.lower() for host in named})
    if wrong := [host for host in hosts if not HOST.fullmatch(host.removeprefix("."))]:
        raise ValueError(f"GRADER_REGISTRIES: not the name of a host: {', '.join(wrong)}")
    return hosts


def proxy_conf(hosts: Iterable[str], listen: str) -> str:
    """Squid's configuration: these hosts on the two ports of the web, and nothing else."""
    return CONF.format(listen=listen, hosts=" ".join(hosts) or "none.invalid")


def installed_from() -> list[str]:
    """The hosts from which this machine's own pip, apt and npm install; asked, never presumed."""
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"]
    clients = (
        [*pip, "--no-deps", "--retries=1", "-vv", "pip"],
        ["apt-get", "indextargets", "--format", "$(SITE)"],
        ["npm", "config", "get", "registry"],
    )
    said = [_said(command) for command in clients if shutil.which(command[0])]
    found = (urlsplit(link).hostname for text in said for link in LINK.findall(text))
    return sorted({host for host in found if host})


def _only_its_index() -> dict[str, str]:
    """Pip without the folders of this machine: they would answer first, and no build sees them."""
    index = pip_settings(pip_config()).get("index-url", [])
    named = {"PIP_INDEX_URL": index[0]} if index else {}
    return {"PIP_CONFIG_FILE": os.devnull, "PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": "", **named}


def _said(command: list[str]) -> str:
    """What a client printed; nothing when it fails or takes too long."""
    try:
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=ANSWER_SECONDS,
            env=os.environ | _only_its_index(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
