"""What goes into each image, and the digest by which a finished one is known to be current."""

import hashlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from grader.images import JUDGE, PYTHON, SIDECARS, STAND_IN_LABEL, TORCH, debian
from grader.images.site import Site

HERE = Path(__file__).parent
LAB_SPECS = HERE.parents[1] / "lab_specs"
REGISTRY_ROOT = "python:3.11-slim"
NO_TORCH = (
    "no wheel of torch for the processor lies in pip's find-links folders: set "
    "GRADER_TORCH_INDEX to PyTorch's index of CPU wheels (its installation page names it)."
)


@dataclass(frozen=True)
class Recipe:
    """One image: the files of its build context by their path there, and its build arguments.

    `wheels` are large files that are copied into the context's folder `wheels/`. `parent` is
    the digest of the image that this one starts from. `lacks` says in words why this machine
    cannot make it, "" when it can.
    """

    tag: str
    files: dict[str, bytes]
    arguments: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    wheels: list[Path] = field(default_factory=list)
    parent: str = ""
    lacks: str = ""

    @property
    def digest(self) -> str:
        """Changes whenever the image has to be made again."""
        digest = hashlib.sha256()
        wheels = [(wheel.name, wheel.stat().st_size) for wheel in self.wheels]
        facts = (self.tag, self.parent, self.arguments, self.labels, wheels)
        digest.update(repr(facts).encode())
        for path, content in sorted(self.files.items()):
            digest.update(f"\n{path} {len(content)}\n".encode() + content)
        return digest.hexdigest()

    def write(self, context: Path) -> None:
        """Lays the build context out in an empty folder."""
        wheels = context / "wheels"
        wheels.mkdir()
        for path, content in self.files.items():
            target = context / path
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(content)
        for wheel in self.wheels:
            shutil.copyfile(wheel, wheels / wheel.name)


def recipes(site: Site, *, from_registry: bool) -> list[Recipe]:
    """The images in the order in which they must be made."""
    python = _python(site, from_registry=from_registry)
    sidecars = [Recipe(tag, _folder(name), parent=python.digest) for name, tag in SIDECARS.items()]
    return [python, _torch(site, python.digest), _judge(python.digest), *sidecars]


def _python(site: Site, *, from_registry: bool) -> Recipe:
    files = _folder("python")
    files["site-ca.crt"] = site.certificates.encode()
    files["pip.conf"] = site.pip_conf.encode()
    if from_registry:
        return Recipe(PYTHON, files, arguments={"ROOT": REGISTRY_ROOT})
    return Recipe(
        PYTHON,
        files,
        arguments={"ROOT": debian.TAG},
        labels={STAND_IN_LABEL: "made from Debian packages"},
        parent=debian.digest(),
    )


def _torch(site: Site, parent: str) -> Recipe:
    version = TORCH.partition(":")[2].removesuffix("-cpu")
    wheel = site.wheel("torch", version)
    source = "--no-index --find-links wheels" if wheel else f"--index-url {site.torch_index}"
    return Recipe(
        TORCH,
        _folder("torch"),
        arguments={"TORCH": version, "TORCH_SOURCE": source},
        wheels=[wheel] if wheel else [],
        parent=parent,
        lacks="" if wheel or site.torch_index else NO_TORCH,
    )


def _judge(parent: str) -> Recipe:
    files = _folder("judge")
    for source in sorted(LAB_SPECS.glob("*.py")):
        files[f"lab_specs/{source.name}"] = source.read_bytes()
    return Recipe(JUDGE, files, parent=parent)


def _folder(name: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (HERE / name).iterdir() if path.is_file()}
