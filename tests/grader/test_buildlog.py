"""What BuildKit prints, as it was recorded here from the builder inside engine 20.10."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.buildlog import LOG_LINES, BuildLog, plain_name

TWO_STAGES = """\
#1 [internal] load build definition from Dockerfile
#1 sha256:719e07f74f690136aea1b035d2b39e79a26bb0c3eeed43871b755c8c96ce9e11
#1 transferring dockerfile: 220B done
#1 DONE 0.0s

#3 [internal] load metadata for docker.io/library/mlops-python:3.11
#3 DONE 0.0s

#4 [b 1/2] FROM docker.io/library/mlops-python:3.11
#4 CACHED

#5 [a 2/2] RUN sleep 3; echo a
#5 0.201 first
#5 ...

#7 [b 2/2] RUN sleep 1; exit 5
#7 ERROR: executor failed running [/bin/sh -c sleep 1; exit 5]: exit code: 5

#5 [a 2/2] RUN sleep 3; echo a
#5 0.301 second
#5 CANCELED
------
 > [b 2/2] RUN sleep 1; exit 5:
------
executor failed running [/bin/sh -c sleep 1; exit 5]: exit code: 5
"""


def read(text: str) -> BuildLog:
    log = BuildLog()
    for line in text.splitlines():
        log.add(line)
    return log


def test_steps_that_run_side_by_side_are_told_apart() -> None:
    log = read(TWO_STAGES)
    failed = log.failed
    assert failed is not None
    assert failed.instruction == "RUN sleep 1; exit 5"
    assert failed.error.endswith("exit code: 5")
    assert list(log.steps["5"].output) == ["first", "second"]
    assert log.images == ["mlops-python:3.11"]
    assert not log.cached
    assert [line for line in log.client if line][-1].startswith("executor failed")


def test_the_step_that_was_at_work_last() -> None:
    at_work = read(TWO_STAGES.partition("#5 ...")[0]).running
    assert at_work is not None
    assert at_work.name == "[a 2/2] RUN sleep 3; echo a"
    assert BuildLog().running is None
    assert BuildLog().failed is None


@pytest.mark.parametrize(
    ("steps", "cached"),
    [
        ("#1 [1/2] FROM docker.io/library/x\n#1 DONE 0.1s\n#2 [2/2] RUN true\n#2 CACHED", True),
        ("#1 [1/2] FROM docker.io/library/x\n#1 CACHED\n#2 [2/2] RUN true\n#2 DONE 0.2s", False),
        ("#1 [s 1/3] FROM x\n#2 [s 2/3] RUN a\n#2 CACHED\n#3 [s 3/3] RUN b\n#3 DONE 0.1s", False),
        ("#1 [1/1] FROM docker.io/library/x\n#1 CACHED", True),
        ("#1 [internal] load build context\n#1 CACHED", False),
    ],
)
def test_cached_means_that_every_step_was(steps: str, cached: bool) -> None:
    assert read(steps).cached == cached


def test_a_cancelled_step_does_not_hide_the_one_that_failed() -> None:
    log = read("#1 [a 1/1] RUN a\n#1 ERROR: context canceled\n#2 [b 1/1] RUN b\n#2 ERROR: bad")
    assert log.failed is log.steps["2"]


def test_what_a_step_prints_is_never_a_word_of_the_builder() -> None:
    lies = ["#5 CACHED", "#5 ERROR: no such host", "CACHED", "ERROR: x", "DONE 0.1s"]
    log = read("#5 [2/2] RUN lie\n" + "".join(f"#5 0.2 {lie}\n" for lie in lies) + "#5 DONE 0.3s")
    assert log.failed is None
    assert not log.cached
    assert list(log.steps["5"].output) == lies


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n")), max_size=50))
def test_any_output_of_one_step_stays_its_output(printed: list[str]) -> None:
    log = BuildLog()
    log.add("#5 [2/2] RUN anything")
    for text in printed:
        log.add(f"#5 0.25 {text}")
    assert list(log.steps) == ["5"]
    assert log.failed is None
    assert not log.client
    assert len(log.steps["5"].output) == min(len(printed), LOG_LINES)


@given(st.text())
def test_any_line_is_taken(text: str) -> None:
    log = read(text)
    assert log.cached in (True, False)
    assert isinstance(log.images, list)


def test_names_of_images_are_those_that_people_write() -> None:
    assert plain_name("docker.io/library/python:3.11") == "python:3.11"
    assert plain_name("docker.io/ada/model:1") == "ada/model:1"
    assert plain_name("ghcr.io/astral-sh/uv:latest@sha256:00") == "ghcr.io/astral-sh/uv:latest"
    assert plain_name("docker-image://docker.io/docker/dockerfile:1") == "docker/dockerfile:1"
