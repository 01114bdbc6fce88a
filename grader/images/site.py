"""What a site decides about its images: settings from the environment and from pip's own.

None of it is the project's: addresses, certificates and folders of wheels differ from
machine to machine and are never committed.
"""

import ast
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from grader.images import ImageError

HOST_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
REGISTRY_CHOICES = ("on", "off", "auto")
PIP_CONF = "[global]\ndisable-pip-version-check = true\nroot-user-action = ignore\n"


@dataclass(frozen=True)
class Site:
    """The settings of one machine.

    `registry` is on, off or auto. `certificates` are PEM text, "" for none. `pip_conf` is
    pip's configuration inside the images. `wheel_folders` are the local folders of the host's
    pip. `torch_index` is "" when nobody named one.
    """

    registry: str
    certificates: str
    pip_conf: str
    wheel_folders: list[Path]
    torch_index: str

    def wheel(self, package: str, version: str) -> Path | None:
        """A wheel of that package for Python 3.11 on this machine, or None."""
        pattern = f"{package}-{version}*-cp311-cp311-*linux*_{platform.machine()}.whl"
        found = (wheel for folder in self.wheel_folders for wheel in sorted(folder.glob(pattern)))
        return next(found, None)


def read_site(environment: Mapping[str, str]) -> Site:
    """The site's settings. Raises ImageError when one of them makes no sense."""
    registry = environment.get("GRADER_REGISTRY", "auto")
    if registry not in REGISTRY_CHOICES:
        raise ImageError(f"GRADER_REGISTRY is {registry!r}; it must be on, off or auto.")
    pip = pip_settings(pip_config())
    return Site(
        registry=registry,
        certificates=certificates(environment.get("GRADER_SITE_CA", "")),
        pip_conf=pip_conf(pip),
        wheel_folders=[Path(place) for place in pip.get("find-links", []) if Path(place).is_dir()],
        torch_index=environment.get("GRADER_TORCH_INDEX", ""),
    )


def pip_settings(listing: str) -> dict[str, list[str]]:
    """What `pip config list` printed, as option -> its words; the environment wins over files."""
    settings: dict[str, list[str]] = {}
    lines = [line.partition("=") for line in listing.splitlines() if "=" in line]
    for key, _, value in sorted(lines, key=lambda line: line[0].startswith(":env:")):
        settings[key.rpartition(".")[2]] = str(ast.literal_eval(value)).split()
    return settings


def pip_conf(pip: Mapping[str, list[str]]) -> str:
    """What pip is told inside the images: the host's package indexes that a build can use.

    Left out are folders of the host, and addresses that carry a password: every student can
    read an image.
    """
    conf = PIP_CONF
    for option in ("index-url", "extra-index-url"):
        addresses = [address for address in pip.get(option, []) if _is_public(address)]
        if addresses:
            conf += f"{option} = {' '.join(addresses)}\n"
    return conf


def certificates(setting: str) -> str:
    """The site's certificates as PEM text: the named file, or else the host's own bundle."""
    if setting and not Path(setting).is_file():
        raise ImageError(f"GRADER_SITE_CA names {setting}, and no such file is there.")
    bundle = Path(setting) if setting else HOST_BUNDLE
    return bundle.read_text(encoding="utf-8").strip() + "\n" if bundle.is_file() else ""


def pip_config() -> str:
    """What `pip config list` prints for this Python."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _is_public(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in {"http", "https"} and parts.username is None
