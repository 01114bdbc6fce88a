"""One submission's story: a link goes in over HTTP, real containers run, a verdict comes out."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from script.tools.portal import Portal, manage

pytestmark = pytest.mark.docker

WELL = {"Dockerfile": 'FROM mlops-python:3.11\nCMD ["true"]\n'}
BADLY = {"Dockerfile": 'FROM mlops-python:3.11\nCMD ["sh", "-c", "echo I fail; exit 3"]\n'}
SLOW = {"Dockerfile": 'FROM mlops-python:3.11\nCMD ["sleep", "8"]\n'}


def test_work_that_holds_passes_and_says_what_it_was_judged_by(portal: Portal) -> None:
    # The engine may know this commit from an earlier run; one that nobody saw has no image yet.
    new = WELL | {"run.txt": uuid4().hex}
    row = portal.attempt(portal.submit("alice", portal.repository("well", new)))
    assert row["verdict"] == "passed"
    assert row["levels"] == {"manners": "proficient"}
    assert row["path"] == ["queued", "fetching", "building", "running", "judging", "done"]
    assert [phase["name"] for phase in row["phases"]] == [
        "fetching",
        "building",
        "running",
        "judging",
    ]
    evidence = row["provenance"]
    assert evidence["image"].startswith("sha256:")
    assert evidence["judge_image"].startswith("sha256:")
    assert evidence["seed"].startswith("edition ")
    assert evidence["limits"]["memory_mb"] == 64


def test_the_same_commit_again_uses_the_image_again(portal: Portal) -> None:
    link = portal.repository("again", WELL)
    portal.submit("alice", link)
    row = portal.attempt(portal.submit("charlie", link))
    assert row["verdict"] == "passed"
    assert row["provenance"]["image_reused"] is True
    assert [phase["name"] for phase in row["phases"]] == ["running", "judging"]


def test_work_that_does_not_hold_fails_and_says_why(portal: Portal) -> None:
    row = portal.attempt(portal.submit("alice", portal.repository("badly", BADLY)))
    assert row["verdict"] == "failed"
    assert row["levels"] == {"manners": "not yet proficient"}
    (check,) = row["report"]["checks"]
    assert (check["outcome"], check["expected"], check["actual"]) == (
        "failed",
        "exit code 0",
        "exit code 3",
    )
    assert "I fail" in row["log"]


def test_a_repository_without_a_dockerfile_is_rejected_in_words(portal: Portal) -> None:
    link = portal.repository("bare", {"README.md": "nothing here\n"})
    attempt = portal.submit("alice", link)
    row = portal.attempt(attempt)
    assert (row["verdict"], row["fault"]) == ("rejected", "dockerfile_missing")
    with portal.visitor("alice") as alice:
        assert "Dockerfile" in alice.get(f"/attempts/{attempt}/").text


def test_the_newest_wins(portal: Portal) -> None:
    slow, well = portal.repository("slow", SLOW), portal.repository("quick", WELL)
    with portal.visitor("charlie") as charlie:
        first_look = charlie.look_up(portal.project(), "hello", slow)
        second_look = charlie.look_up(portal.project(), "hello", well)
        first = charlie.confirm(first_look)
        second = charlie.confirm(second_look)
        charlie.wait(first)
        charlie.wait(second)
    assert portal.attempt(first)["state"] == "superseded"
    assert portal.attempt(first)["verdict"] is None
    assert portal.attempt(second)["verdict"] == "passed"


def test_a_class_at_once_all_come_to_their_verdict(portal: Portal) -> None:
    link = portal.repository("many", WELL)
    people = ["alice", "charlie", *(f"student{number:04d}" for number in range(1, 9))]
    with ThreadPoolExecutor(len(people)) as hands:
        attempts = list(hands.map(lambda person: portal.submit(person, link), people))
    assert [portal.attempt(attempt)["verdict"] for attempt in attempts] == ["passed"] * len(people)


@pytest.mark.timeout(400)  # it starts a whole portal twice, maybe on a busy machine
def test_a_portal_that_was_killed_goes_on_where_it_was(portal: Portal) -> None:
    with portal.visitor("charlie") as charlie:
        lookup = charlie.look_up(portal.project(), "hello", portal.repository("lost", SLOW))
        attempt = charlie.confirm(lookup)
        end = time.monotonic() + 60
        while 'aria-current="step"><span>Check' not in charlie.get(f"/attempts/{attempt}/").text:
            assert time.monotonic() < end
            time.sleep(0.2)
    portal.crash()
    with portal.visitor("charlie") as charlie:
        charlie.wait(attempt)
    row = portal.attempt(attempt)
    assert (row["state"], row["verdict"], row["retries"]) == ("done", "passed", 1)
    assert row["path"].count("done") == 1


def test_a_verdict_is_audited_and_reproduced(portal: Portal) -> None:
    attempt = portal.submit("alice", portal.repository("audited", BADLY))
    words = ["audit_attempt", str(attempt), "--reproduce", "--by", "tina"]
    said = manage(portal.environment, *words)
    for line in (
        "✔ Levels and verdict, counted again from the report, are the same.",
        "✔ The same verdict: failed.",
        "✔ The same levels: manners not yet proficient.",
        "✔ All checks ended the same: 1.",
        "· The image was used again, not built anew.",
        f"Attempt {attempt} holds.",
    ):
        assert line in said.splitlines()


def test_no_container_is_left_behind(portal: Portal) -> None:
    attempt = portal.submit("alice", portal.repository("clean", WELL))
    wanted = f"label=mlops.attempt={attempt}"
    end = time.monotonic() + 20  # the verdict does not wait for the broom
    while left := _containers(wanted):
        assert time.monotonic() < end, left
        time.sleep(0.2)


def _containers(wanted: str) -> str:
    words = ["docker", "ps", "--all", "--quiet", "--filter", wanted]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout
