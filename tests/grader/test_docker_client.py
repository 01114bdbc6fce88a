"""Which docker client builds: proved with small clients of our own on a PATH of our own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import docker_client
from grader.docker_client import build_command, find_client, proxy_arguments

NO_PLUGIN = 'echo "docker: unknown command: docker buildx" >&2; exit 1'


def client(folder: Path, version: str, buildx: str = NO_PLUGIN, info: str = "exit 1") -> Path:
    """A docker client that tells its version, does `buildx` for the plug-in, `info` for info."""
    folder.mkdir(exist_ok=True)
    program = folder / "docker"
    program.write_text(
        f'#!/bin/sh\ncase "$1" in\n--version) echo "{version}" ;;\n'
        f"buildx) {buildx} ;;\ninfo) {info} ;;\n*) exit 1 ;;\nesac\n"
    )
    program.chmod(0o755)
    return program


def test_a_new_client_without_its_plugin_is_passed_over(tmp_path: Path) -> None:
    client(tmp_path / "first", "Docker version 28.2.2, build e6534b4")
    old = client(tmp_path / "second", "Docker version 20.10.24+dfsg1, build 297e128")
    assert find_client([str(tmp_path / "first"), str(tmp_path / "second")]) == old


def test_a_new_client_with_its_plugin_is_taken(tmp_path: Path) -> None:
    new = client(tmp_path / "first", "Docker version 28.2.2, build e6534b4", "echo v0.25.0")
    client(tmp_path / "second", "Docker version 20.10.24+dfsg1, build 297e128")
    assert find_client([str(tmp_path / "first"), str(tmp_path / "second")]) == new


@pytest.mark.parametrize(
    "version",
    ["Docker version 17.12.1-ce, build 7390fc6", "podman version 4.3.1", "Docker version dev", ""],
)
def test_a_client_that_cannot_build_is_named_in_the_error(tmp_path: Path, version: str) -> None:
    lame = client(tmp_path / "only", version)
    with pytest.raises(RuntimeError, match="buildx") as error:
        find_client([str(tmp_path / "only")])
    assert str(lame) in str(error.value)


def test_files_that_are_no_program_are_not_run(tmp_path: Path) -> None:
    plain = client(tmp_path / "plain", "Docker version 20.10.24, build 1")
    plain.chmod(0o644)
    broken = client(tmp_path / "broken", "")
    broken.write_bytes(b"\x00\x01not a program")
    good = client(tmp_path / "good", "Docker version 20.10.24, build 1")
    folders = [tmp_path / "missing", plain.parent, broken.parent, good.parent]
    assert find_client([str(folder) for folder in folders]) == good


def test_no_client_at_all_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="script/setup docker"):
        find_client([str(tmp_path)])


def test_a_client_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_client, "ANSWER_SECONDS", 0.2)
    client(tmp_path / "slow", "Docker version 28.0.0, build 1", "exec sleep 30")
    with pytest.raises(RuntimeError, match="buildx"):
        find_client([str(tmp_path / "slow")])


@pytest.fixture
def forgotten() -> Iterator[None]:
    for answer in (docker_client.client, docker_client._proxy):
        answer.cache_clear()
    yield
    for answer in (docker_client.client, docker_client._proxy):
        answer.cache_clear()


@pytest.mark.usefixtures("forgotten")
def test_the_build_command_comes_from_path_and_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = client(tmp_path / "bin", "Docker version 20.10.24, build 1")
    monkeypatch.setenv("PATH", f"{program.parent}:/bin")
    expected = ([str(program), "build"], {"DOCKER_BUILDKIT": "1"})
    assert build_command() == expected
    program.unlink()
    assert build_command() == expected


@pytest.mark.usefixtures("forgotten")
def test_the_usual_folders_are_searched_when_path_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = client(tmp_path / "usual", "Docker version 20.10.24, build 1")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(docker_client, "ALWAYS_SEARCHED", (str(program.parent),))
    assert build_command()[0] == [str(program), "build"]


@pytest.mark.usefixtures("forgotten")
def test_a_build_is_told_of_the_engines_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = client(
        tmp_path / "bin", "Docker version 20.10.24, build 1", info="echo http://proxy:3128"
    )
    monkeypatch.setenv("PATH", f"{program.parent}:/bin")
    assert "--build-arg=https_proxy=http://proxy:3128" in proxy_arguments("a")
    assert proxy_arguments("a")[-1] != proxy_arguments("b")[-1]


@pytest.mark.usefixtures("forgotten")
def test_an_engine_without_proxy_adds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = client(tmp_path / "bin", "Docker version 20.10.24, build 1", info="echo")
    monkeypatch.setenv("PATH", f"{program.parent}:/bin")
    assert proxy_arguments("a") == []


@pytest.mark.usefixtures("forgotten")
def test_an_engine_that_does_not_answer_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = client(tmp_path / "bin", "Docker version 20.10.24, build 1")
    monkeypatch.setenv("PATH", f"{program.parent}:/bin")
    with pytest.raises(RuntimeError, match="script/setup docker"):
        proxy_arguments("a")
    client(tmp_path / "bin", "Docker version 20.10.24, build 1", info="echo http://proxy:3128")
    assert proxy_arguments("a")
