"""The commands that make images, with a docker client of our own that tells what it was asked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from grader import docker_client
from grader.images import PYTHON, STAND_INS, ImageError, __main__, debian, stand_ins
from grader.images.commands import build, label, pull, run, tag_as, untag
from grader.images.site import Site


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder: `docker` appends its words to `asked` and answers with `answer`, code in `code`."""
    program = tmp_path / "docker"
    program.write_text(
        '#!/bin/sh\n[ "$1" = buildx ] && exit 0\n'
        f'echo "$DOCKER_BUILDKIT $*" >> {tmp_path}/asked\ncat {tmp_path}/answer\n'
        f"exit $(cat {tmp_path}/code)\n"
    )
    program.chmod(0o755)
    (tmp_path / "answer").touch()
    (tmp_path / "code").write_text("0")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.delenv("DOCKER_BUILDKIT", raising=False)
    remembered = (docker_client.client, docker_client._proxy)
    for answer in remembered:
        answer.cache_clear()
    yield tmp_path
    for answer in remembered:
        answer.cache_clear()


def asked(engine: Path) -> list[str]:
    return (engine / "asked").read_text().splitlines()


def test_every_line_is_handed_on() -> None:
    lines: list[str] = []
    run(["sh", "-c", "echo one; echo two >&2; echo $WORD"], lines.append, {"WORD": "three"})
    assert lines == ["one", "two", "three"]


def test_a_failure_ends_with_the_last_lines() -> None:
    with pytest.raises(ImageError) as error:
        run(["sh", "-c", "seq 1 100; exit 3"], lambda _: None)
    lines = str(error.value).splitlines()
    assert lines[0] == "`sh -c` ended with 3:"
    assert (lines[1], lines[-1]) == ("71", "100")


def test_a_build_is_told_tag_arguments_and_labels(engine: Path, tmp_path: Path) -> None:
    build("a:1", tmp_path, arguments={"ROOT": "b"}, labels={"l": "v"}, on_line=lambda _: None)
    assert asked(engine)[-1] == (
        f"1 build --progress=plain --tag=a:1 --build-arg=ROOT=b --label=l=v {tmp_path}"
    )


def test_a_missing_image_has_no_label(engine: Path) -> None:
    (engine / "answer").write_text("digest\n")
    assert label("a:1", "l") == "digest"
    (engine / "code").write_text("1")
    assert label("a:1", "l") is None


def test_a_registry_that_does_not_answer_is_no_error(engine: Path) -> None:
    assert pull("a:1")
    (engine / "code").write_text("1")
    assert not pull("a:1")


def test_names_are_given_and_taken(engine: Path) -> None:
    tag_as("a:1", ("b", "c"))
    untag(["b"])
    assert asked(engine) == [" tag a:1 b", " tag a:1 c", " image rm b"]


def test_only_the_usual_names_are_stand_ins(engine: Path) -> None:
    (engine / "answer").write_text(
        "student:latest sha256:1\npython:3.11-slim sha256:2\n<none>:<none> sha256:3\n"
    )
    assert stand_ins() == {"python:3.11-slim": "sha256:2"}


@pytest.mark.parametrize(("setting", "from_registry"), [("on", True), ("off", False)])
def test_the_site_decides_where_the_base_comes_from(setting: str, *, from_registry: bool) -> None:
    assert __main__.is_from_registry(Site(setting, "", "", [], "")) is from_registry


def test_a_base_that_is_there_stays_what_it_is(engine: Path) -> None:
    site = Site("auto", "", "", [], "")
    (engine / "answer").write_text("made from Debian packages\n")
    assert not __main__.is_from_registry(site)
    (engine / "answer").write_text("\n")
    assert __main__.is_from_registry(site)
    assert not [line for line in asked(engine) if "pull" in line]


def test_without_a_base_the_registry_is_tried(engine: Path) -> None:
    (engine / "code").write_text("1")
    assert not __main__.is_from_registry(Site("auto", "", "", [], ""))
    assert [line for line in asked(engine) if line.startswith(" pull")]


def test_an_unreachable_registry_is_told_when_the_site_demands_it(
    engine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GRADER_REGISTRY", "on")
    (engine / "code").write_text("1")
    assert __main__.main(["judge"]) == 1
    assert "python:3.11-slim cannot be pulled" in capsys.readouterr().err


def test_an_unknown_image_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        __main__.main(["rust"])
    assert "no such image: rust" in capsys.readouterr().err


def test_the_list_makes_nothing(engine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (engine / "answer").write_text(f"{STAND_INS[0]} sha256:1\n")
    assert __main__.main(["--list", "judge"]) == 0
    page = capsys.readouterr().out
    assert "to be made" in page
    assert f"stand-in for {PYTHON}" in page
    assert "torch" not in page
    assert not [line for line in asked(engine) if line.split()[0] in {"build", "tag", "import"}]


@pytest.mark.parametrize(
    ("from_registry", "call"),
    [(False, f"tag {PYTHON} python:3.11-bookworm"), (True, "image rm python:3.11-slim")],
)
def test_the_usual_names_follow_where_the_base_comes_from(
    engine: Path, call: str, *, from_registry: bool
) -> None:
    (engine / "answer").write_text("python:3.11-slim sha256:1\n")
    __main__.make([], Console(), from_registry=from_registry)
    assert f" {call}" in asked(engine)
    assert len([line for line in asked(engine) if line.startswith((" tag", " image rm"))]) == (
        1 if from_registry else len(STAND_INS)
    )


def test_names_that_are_there_are_left_alone(engine: Path) -> None:
    (engine / "answer").write_text("".join(f"{name} sha256:1\n" for name in STAND_INS))
    __main__.make([], Console(), from_registry=False)
    assert not [line for line in asked(engine) if line.startswith(" tag")]


def test_a_root_that_is_there_is_not_made_again(engine: Path) -> None:
    (engine / "answer").write_text(debian.digest())
    debian.make_root(lambda _: None)
    assert not [line for line in asked(engine) if "import" in line]


def test_the_root_is_imported_with_the_path_that_commands_need(engine: Path) -> None:
    maker = engine / "mmdebstrap"
    maker.write_text(f'#!/bin/sh\necho "$*" > {engine}/made\n')
    maker.chmod(0o755)
    debian.make_root(lambda _: None)
    assert "python3-venv" in (engine / "made").read_text()
    imported = asked(engine)[-1]
    assert imported.startswith(" import --change ENV PATH=/usr/local/sbin:")
    assert f"LABEL mlops.inputs={debian.digest()}" in imported
    assert imported.endswith(debian.TAG)


def test_without_registry_and_mmdebstrap_the_way_out_is_told(
    engine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (engine / "code").write_text("1")
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(ImageError, match="GRADER_REGISTRY=on"):
        debian.make_root(lambda _: None)
