"""Real builds by BuildKit: one small repository for each way in which a build can end."""

import io
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from grader import build as build_module
from grader.build import Image, build
from grader.docker_client import build_command
from grader.fetch import FetchPolicy, Source, fetch
from grader.job import Job
from lab_specs.faults import Code, Fault, PlatformFault, StudentFault
from lab_specs.messages import explain, facts_named, last_lines
from tests.grader.repositories import commit, git, repository

pytestmark = pytest.mark.docker

BASE = "mlops-python:3.11"
STAND_INS = {"python:3.11-slim": "sha256:0"}


def docker(*arguments: str) -> str:
    client = build_command()[0][0]
    return subprocess.run(
        [client, *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def tag() -> Iterator[str]:
    """A name for one image, which is taken away afterwards."""
    name = f"mlops-test-{uuid4().hex[:12]}:x"
    yield name
    if docker("image", "ls", "-q", name):
        docker("image", "rm", name)


def source_of(home: Path, **changes: Any) -> Source:
    facts = {"attempt": "a1", "lab": "serving", "seed": 1, "commit": git(home, "rev-parse", "HEAD")}
    job = Job.from_plain(facts | {"repository": home.as_uri()} | changes)
    policy = FetchPolicy(hosts=(), local_root=home.parent)
    return fetch(job, home.parent / f"work-{uuid4().hex[:8]}", policy)


class Ear(list[str]):
    """Hears the lines of a build, and acts on them while it goes on."""

    def __init__(self, act: Callable[[str], None]) -> None:
        super().__init__()
        self.act = act

    def append(self, line: str) -> None:
        self.act(line)


class Builder:
    """Commits files, fetches them and builds them."""

    def __init__(self, folder: Path, tag: str) -> None:
        self.home = folder / "student"
        self.tag = tag
        self.heard: list[str] = []

    def commit(self, dockerfile: str, files: Mapping[str, str] | None = None) -> None:
        repository(self.home, {"Dockerfile": dockerfile} | dict(files or {}))

    def build(self, seconds: float = 60, **changes: Any) -> Image:
        return build(
            source_of(self.home, **changes),
            tag=self.tag,
            labels={"mlops.test": "yes"},
            seconds=seconds,
            on_log=self.heard.append,
            stand_ins=STAND_INS,
        )

    def fault(
        self,
        dockerfile: str = "",
        files: Mapping[str, str] | None = None,
        *,
        kind: type[Fault] = StudentFault,
        **settings: Any,
    ) -> Fault:
        if dockerfile:
            self.commit(dockerfile, files)
        with pytest.raises(Fault) as caught:
            self.build(**settings)
        fault = caught.value
        assert isinstance(fault, kind)
        known = facts_named(fault.code) | {"log", "error"}
        assert set(fault.facts) <= known, "a fact that no word is said about"
        assert "not known" not in explain(fault.code, fault.facts).happened
        return fault


@pytest.fixture
def builder(tmp_path: Path, tag: str) -> Builder:
    return Builder(tmp_path, tag)


def test_an_image_is_built_named_labelled_and_told(builder: Builder) -> None:
    mark = uuid4().hex
    builder.commit(f"FROM {BASE}\nCOPY a.txt /a.txt\nRUN echo hello {mark}\n", {"a.txt": "a"})
    image = builder.build()
    assert image.id == docker("image", "inspect", builder.tag, "--format", "{{.Id}}")
    assert docker("image", "inspect", image.id, "--format", "{{json .Config.Labels}}").count(
        '"mlops.test":"yes"'
    )
    assert (image.reference, image.cached, image.stand_ins) == (builder.tag, False, ())
    assert 0 < image.seconds < 60
    assert any(line.endswith(f"hello {mark}") for line in builder.heard)
    assert image.log == "\n".join(builder.heard)
    assert "sha256:" not in image.log.replace("writing image sha256:", "")


def test_a_label_of_ours_cannot_be_forged(builder: Builder) -> None:
    builder.commit(f'FROM {BASE}\nLABEL mlops.test="forged" mlops.portal="" other="theirs"\n')
    builder.build()
    labels = docker("image", "inspect", builder.tag, "--format", "{{json .Config.Labels}}")
    assert '"mlops.test":"yes"' in labels
    assert '"other":"theirs"' in labels
    assert "forged" not in labels


def test_a_second_push_does_again_only_what_changed(builder: Builder) -> None:
    mark = uuid4().hex
    text = f"FROM {BASE}\nRUN echo first {mark}\nCOPY a.txt /a.txt\nRUN echo last {mark}\n"
    builder.commit(text, {"a.txt": mark})
    assert not builder.build().cached
    assert builder.build().cached
    builder.commit(text, {"a.txt": mark + "changed"})
    builder.heard.clear()
    assert not builder.build().cached
    assert [line for line in builder.heard if line.endswith(" CACHED")]
    assert not [line for line in builder.heard if line.endswith(f"0 first {mark}")]


def test_a_stand_in_is_said(builder: Builder) -> None:
    builder.commit("FROM python:3.11-slim AS one\nFROM one\n")
    image = builder.build()
    assert image.stand_ins == ("python:3.11-slim",)
    assert image.cached


def test_context_and_dockerfile_lie_where_the_job_says(builder: Builder) -> None:
    builder.commit("FROM broken-on-purpose", {"docker/my file": f"FROM {BASE}\nCOPY x /\n"})
    repository(builder.home, {"serve here/x": ""})
    builder.build(context="serve here", dockerfile="docker/my file")


def test_lines_are_heard_while_the_build_goes_on(builder: Builder) -> None:
    heard_at: list[float] = []

    def note(line: str) -> None:
        if line.endswith(" begun"):
            heard_at.append(time.monotonic())

    builder.heard = Ear(note)
    builder.commit(f"FROM {BASE}\nRUN echo begun; sleep 2; echo {uuid4().hex}\n")
    builder.build()
    assert time.monotonic() - heard_at[0] > 1.5


def test_output_that_draws_and_pretends_is_shown_plain(builder: Builder) -> None:
    lie = "ERROR: failed to solve: Cannot connect to the Docker daemon"
    print_it = f"printf '\\033[31mred 10%%\\r{lie}\\n#9 ERROR: no such host\\n{lie}\\n'"
    fault = builder.fault(f"FROM {BASE}\nRUN {print_it}; echo {uuid4().hex}; false\n")
    assert fault.code == Code.BUILD_FAILED
    assert not set("\x1b\r") & set("".join(builder.heard))


def test_an_endless_line_and_megabytes_are_bounded(builder: Builder) -> None:
    script = f"RUN head -c 3000000 /dev/zero | tr '\\\\0' x; seq 200000; echo {uuid4().hex}; exit 4"
    fault = builder.fault(f"FROM {BASE}\n{script}\n")
    assert (fault.code, fault.facts["exit_code"]) == (Code.BUILD_FAILED, 4)
    assert max(len(line) for line in builder.heard) <= 500
    assert len(fault.facts["log"]) < 20_000


def test_the_rest_of_an_endless_line_is_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_module, "LONGEST_LINE", 10)
    output = io.BytesIO(b"#1 0.2 xxxERROR: a\nshort\n123456789\n1234567890\nend")
    assert list(build_module._lines(output)) == [
        "#1 0.2 xxx",
        "short",
        "123456789",
        "1234567890",
        "end",
    ]


# Failures, one by one


def test_a_failed_command_names_line_instruction_and_code(builder: Builder) -> None:
    mark = uuid4().hex
    fault = builder.fault(
        f"# a comment\nFROM {BASE} AS build\nRUN true\n\nRUN seq 50; \\\n"
        f"    # said in between\n    echo {mark}; \\\n    exit 7\nFROM {BASE}\n"
        "COPY --from=build /etc/hostname /x\n"
    )
    assert fault.code == Code.BUILD_FAILED
    assert (fault.facts["line"], fault.facts["exit_code"]) == (5, 7)
    assert fault.facts["instruction"].startswith("RUN seq 50;")
    lines = last_lines(fault.facts).splitlines()
    assert len(lines) == 30
    assert lines[-1] == mark
    assert "killed" not in fault.facts


def test_a_killed_command_is_said_to_have_run_out_of_memory(builder: Builder) -> None:
    fault = builder.fault(f"FROM {BASE}\nRUN sh -c 'kill -9 $$; {uuid4().hex}' || exit $?\n")
    assert fault.code == Code.BUILD_FAILED
    assert "ran out of memory" in explain(fault.code, fault.facts).next_step


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"FROM {BASE}\n\nRUNN echo hi\n", 3),
        (f"FROM {BASE}\nLABEL x\n", None),
        ("COPY a b\nFROM scratch\n", None),
        ("# nothing\n", None),
        ("FROM Python:3.11:x\n", None),
        (f"FROM {BASE}\nRUN <<EOF\necho hi\nEOF\n", 3),
    ],
)
def test_a_dockerfile_that_cannot_be_read(builder: Builder, text: str, line: int | None) -> None:
    fault = builder.fault(text)
    assert fault.code == Code.DOCKERFILE_INVALID
    assert fault.facts["line"] == line
    assert fault.facts["dockerfile"] == "Dockerfile"
    assert len(fault.facts["problem"]) > 5
    assert "failed to" not in fault.facts["problem"].replace("failed to parse", "")


def copied(name: str) -> str:
    return f"FROM {BASE}\nWORKDIR /app\nCOPY Dockerfile {name} \\\n  /app/\n"


@pytest.mark.parametrize(
    ("name", "files", "facts"),
    [
        ("data/train.csv", {}, {"file": "data/train.csv"}),
        ("m.pt", {".gitignore": "# large\n*.pt\n"}, {"ignored_by": ".gitignore line 2: *.pt"}),
        (
            "./data/raw/t.csv",
            {"data/.gitignore": "/raw\n"},
            {"ignored_by": "data/.gitignore line 1: /raw"},
        ),
        (
            "data/t.csv",
            {"data/t.csv": "1", ".dockerignore": "# x\n/data/\n"},
            {"excluded_by": ".dockerignore line 2: /data/"},
        ),
        (
            "data/a/t.csv",
            {"data/a/t.csv": "1", ".dockerignore": "**/*.csv\n"},
            {"excluded_by": ".dockerignore line 1: **/*.csv"},
        ),
        ("m.pt", {".gitignore": "*.pt\n!m.pt\n"}, {}),
        ("Requirements.txt", {"requirements.txt": ""}, {"nearest": "requirements.txt"}),
        ("requirement.txt", {"requirements.txt": ""}, {"nearest": "requirements.txt"}),
        ("main.py", {"src/main.py": ""}, {"nearest": "src/main.py"}),
        ("data", {"data.dvc": "outs: []"}, {"dvc": "data.dvc"}),
        ("data/x.csv", {"data.dvc": "outs: []"}, {"dvc": "data.dvc"}),
    ],
)
def test_a_file_that_copy_does_not_find(
    builder: Builder, name: str, files: Mapping[str, str], facts: Mapping[str, str]
) -> None:
    fault = builder.fault(copied(name), files)
    assert fault.code == Code.COPY_SOURCE_MISSING
    assert fault.facts["line"] == 3
    assert {"file": name.removeprefix("./"), **facts}.items() <= fault.facts.items()
    assert set(fault.facts) == {"line", "file", *facts}


def test_a_file_outside_of_the_context_is_found(builder: Builder) -> None:
    files = {"serve/Dockerfile": copied("requirements.txt"), "requirements.txt": ""}
    builder.commit("FROM scratch", files)
    fault = builder.fault(context="serve")
    assert fault.code == Code.COPY_SOURCE_MISSING
    assert (fault.facts["elsewhere"], fault.facts["context"]) == ("requirements.txt", "serve")


def test_a_submodule_is_said(builder: Builder) -> None:
    builder.commit(copied("lib/x.py"))
    head = git(builder.home, "rev-parse", "HEAD")
    git(builder.home, "update-index", "--add", "--cacheinfo", f"160000,{head},lib")
    commit(builder.home, "With a submodule")
    fault = builder.fault()
    assert fault.code == Code.COPY_SOURCE_MISSING
    assert (fault.facts["file"], fault.facts["submodule"]) == ("lib/x.py", "lib")


def test_a_file_that_another_stage_does_not_have(builder: Builder) -> None:
    fault = builder.fault(f"FROM {BASE} AS one\nFROM {BASE}\nCOPY --from=one /no/such /x\n")
    assert fault.code == Code.COPY_SOURCE_MISSING
    assert fault.facts == {"line": 3, "file": "no/such", "stage": "one"}


def test_a_file_that_a_mount_does_not_find(builder: Builder) -> None:
    mount = "--mount=type=bind,source=requirements.txt,target=/r"
    fault = builder.fault(f"FROM {BASE}\nRUN --mount=type=cache,target=/c {mount} cat /r\n")
    assert fault.code == Code.COPY_SOURCE_MISSING
    assert fault.facts == {"line": 2, "file": "requirements.txt"}


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("FROM no-such-image-anywhere:3.7\nRUN true\n", "no-such-image-anywhere:3.7"),
        ("ARG V=9\nFROM no-such-image-anywhere:$V\n", "no-such-image-anywhere:9"),
        (f"FROM {BASE}\nCOPY --from=ghcr.io/no/such:1 /a /b\n", "ghcr.io/no/such:1"),
    ],
)
def test_a_base_image_that_is_not_there(builder: Builder, text: str, image: str) -> None:
    fault = builder.fault(text)
    assert fault.code == Code.BASE_IMAGE_UNAVAILABLE
    assert fault.facts["image"] == image
    assert BASE in fault.facts["available"]
    assert "python:3.11-slim" in fault.facts["available"]
    assert not any("judge" in name for name in fault.facts["available"])


def test_a_platform_that_is_not_there_is_named(builder: Builder) -> None:
    fault = builder.fault(f"FROM --platform=linux/s390x {BASE}\nRUN true\n")
    assert fault.code == Code.BASE_IMAGE_UNAVAILABLE
    assert fault.facts["problem"] == "for --platform=linux/s390x"


def test_a_remote_syntax_is_explained(builder: Builder) -> None:
    fault = builder.fault(f"# syntax=docker/dockerfile:0.0.0-none\nFROM {BASE}\n")
    assert fault.code == Code.BASE_IMAGE_UNAVAILABLE
    assert fault.facts["image"] == "docker/dockerfile:0.0.0-none"
    assert "`# syntax=docker/dockerfile:0.0.0-none`" in explain(fault.code, fault.facts).next_step


def test_another_builder_never_starts(builder: Builder) -> None:
    fault = builder.fault(f"# comment\n# syntax=evil/builder\nFROM {BASE}\n")
    assert fault.code == Code.DOCKERFILE_INVALID
    assert fault.facts["line"] == 2
    assert "evil/builder" in fault.facts["problem"]
    assert not builder.heard


def test_a_build_of_very_many_stages_never_starts(builder: Builder) -> None:
    stages = "".join(f"FROM {BASE} AS s{number}\n" for number in range(41))
    fault = builder.fault(stages)
    assert fault.code == Code.DOCKERFILE_INVALID
    assert fault.facts["line"] == 41
    assert "41 stages" in fault.facts["problem"]
    assert not builder.heard


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"ENV A={'x' * 9_000}\nENV B=$A$A\n", 3),  # seconds of the engine's own time
        ("# a comment\n" * 30_000 + f"FROM {BASE}\n" * 41, None),  # behind what is read
    ],
)
def test_a_dockerfile_that_is_or_grows_too_long_never_starts(
    builder: Builder, text: str, line: int | None
) -> None:
    fault = builder.fault(f"FROM {BASE}\n{text}")
    assert fault.code == Code.DOCKERFILE_INVALID
    assert fault.facts["line"] == line
    assert "characters" in fault.facts["problem"]
    assert not builder.heard


def test_a_step_is_held_like_a_run(builder: Builder) -> None:
    builder.commit(
        f"FROM {BASE}\nRUN echo held=$(ulimit -c) $(cat /sys/fs/cgroup/pids/pids.max"
        " /sys/fs/cgroup/pids.max /sys/fs/cgroup/memory/memory.limit_in_bytes"
        f" /sys/fs/cgroup/memory.max 2>/dev/null) {uuid4().hex}\n"
    )
    builder.build()
    held = next(line for line in builder.heard if "held=" in line and "$" not in line)
    assert held.split("held=")[1].split()[:3] == ["0", "1024", str(4096 * 1024**2)]


def test_a_build_reaches_nothing_of_this_machine(builder: Builder) -> None:
    """The listener stands where the engine's cable ends: next door, on another port."""
    with socket.create_server(("", 0)) as decoy:
        address = urlsplit(docker("info", "--format", "{{.HTTPProxy}}"))
        port = decoy.getsockname()[1]
        link = f"http://{address.hostname}:{port}/"
        program = f"import socket; socket.create_connection(('{address.hostname}', {port}), 3)"
        fault = builder.fault(f'FROM {BASE}\nRUN python -c "{program}"\n')
        assert fault.code == Code.BUILD_FAILED
        assert "Connection refused" in last_lines(fault.facts)
        fetching = f"import urllib.request; urllib.request.urlopen('{link}')"
        fault = builder.fault(f'FROM {BASE}\nRUN python -c "{fetching}"\n')
        assert fault.code == Code.BUILD_REACHED_OUT
        builder.fault(f"FROM {BASE}\nADD {link} /x\n")
        builder.fault(f"FROM {BASE}\nADD http://127.0.0.1:{port}/ /x\n")
        decoy.setblocking(False)
        with pytest.raises(BlockingIOError):
            decoy.accept()


def test_a_secret_that_we_do_not_give(builder: Builder) -> None:
    fault = builder.fault(f"FROM {BASE}\nRUN --mount=type=secret,id=x,required=true cat /x\n")
    assert fault.code == Code.BUILD_FAILED
    assert "secret x" in fault.facts["problem"]


def test_a_build_that_takes_too_long_is_ended(builder: Builder) -> None:
    pause = 3_000 + uuid4().int % 1_000
    began = time.monotonic()
    fault = builder.fault(f"FROM {BASE}\nRUN seq 40; sleep {pause}\n", seconds=3)
    assert time.monotonic() - began < 15
    assert fault.code == Code.BUILD_TIMED_OUT
    assert fault.facts["limit_seconds"] == 3
    assert fault.facts["instruction"] == f"RUN seq 40; sleep {pause}"
    assert last_lines(fault.facts).endswith("40")
    assert ended(f"sleep {pause}")


def test_the_houses_own_images_are_not_for_building_on(builder: Builder) -> None:
    name = f"mlops-work:{uuid4().hex}"
    docker("tag", BASE, name)
    try:
        for text in (
            f"FROM {name}\nRUN echo reached\n",
            f"ARG A=mlops\nFROM $A-work:{name[-32:]}\nRUN echo reached\n",
            f"FROM {BASE}\nCOPY --from={name} /etc/hostname /x\nRUN echo reached\n",
        ):
            fault = builder.fault(text)
            assert fault.code == Code.BASE_IMAGE_UNAVAILABLE
            assert fault.facts["image"] == name
            assert BASE in fault.facts["available"]
    finally:
        docker("image", "rm", name)


def test_a_cache_mount_belongs_to_one_repository(tmp_path: Path, tag: str) -> None:
    for name, seen in (("ada", ""), ("bob", ""), ("ada", "ada")):
        builder = Builder(tmp_path / name, tag)
        mount = "--mount=type=cache,target=/c,id=one"
        text = f"RUN {mount} echo seen=$(ls /c); touch /c/{name}; echo {uuid4().hex}"
        builder.commit(f"FROM {BASE}\n{text}\n")
        builder.build()
        assert any(line.endswith(f" seen={seen}") for line in builder.heard)


def test_no_engine_is_a_platform_fault(
    builder: Builder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    builder.commit("FROM scratch\nCOPY Dockerfile /\n")
    with monkeypatch.context() as patch:
        patch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
        fault = builder.fault(kind=PlatformFault)
    assert fault.code == Code.ENGINE_UNAVAILABLE


def test_no_client_is_a_platform_fault(builder: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing() -> tuple[list[str], dict[str, str]]:
        raise RuntimeError("no docker here")

    builder.commit("FROM scratch\nCOPY Dockerfile /\n")
    monkeypatch.setattr(build_module, "build_command", nothing)
    assert builder.fault(kind=PlatformFault).code == Code.ENGINE_UNAVAILABLE


def test_whoever_stops_listening_stops_the_build(builder: Builder) -> None:
    pause = 3_000 + uuid4().int % 1_000
    builder.commit(f"FROM {BASE}\nRUN echo begun; sleep {pause}\n")

    def stop(line: str) -> None:
        if line.endswith(" begun"):
            raise KeyboardInterrupt

    builder.heard = Ear(stop)
    with pytest.raises(KeyboardInterrupt):
        builder.build()
    assert ended(f"sleep {pause}")
    assert threading.active_count() < 20


def ended(command: str) -> bool:
    """Whether no process with these words is left, within seconds."""
    for _ in range(100):
        commands = [
            path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if alive(path)
        ]
        if not any(command.encode() in text.replace(b"\0", b" ") for text in commands):
            return True
        time.sleep(0.1)
    return False


def alive(path: Path) -> bool:
    try:
        return bool(path.read_bytes())
    except OSError:
        return False
