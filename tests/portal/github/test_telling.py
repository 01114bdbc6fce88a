"""The words on a commit: what the attempt's page says and no more, harmless and short enough."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lab_specs.faults import PLATFORM_CODES, Code
from lab_specs.report import CheckResult, Outcome, Report, Verdict
from portal.common import markdown
from portal.github import telling
from portal.people.models import User
from portal.submissions.models import Attempt, Submission
from portal.submissions.states import State
from tests.factories import AttemptFactory, CriterionFactory

HOSTILE = (
    "<img src=x onerror=alert(1)> **bold** [x](https://evil.example) ![i](//e.example/x.png)"
    " @alice #12 https://evil.example www.evil.example `` ` ``` | a | _x_ ~~y~~ $z$ &lt;"
    " \u202e :tada:\n# H"
)


def check(**told: Any) -> CheckResult:
    base = {"id": "a::b", "title": "Answers", "criterion": "interface", "level": "proficient"}
    return CheckResult(**(base | {"outcome": Outcome.FAILED} | told))


def done(work: Submission, **columns: Any) -> Attempt:
    base = {"verdict": Verdict.FAILED, "report": None} | columns
    return AttemptFactory(submission=work, state=State.DONE, **base)


def rendered(text: str) -> str:
    """As GitHub does it, near enough: bare links and tables are on, HTML is not taken out."""
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    return str(parser.render(text))


@pytest.mark.parametrize("make", [telling.plain, telling.coded])
@settings(deadline=None)
@given(text=st.text(st.sampled_from("<>&`*_[]()!#@|~$:/\\.-+ \n\tawwhtps1é\u202e")))
def test_no_text_becomes_anything_but_text(make: Any, text: str) -> None:
    said = make(text)
    assert "\n" not in said
    page = rendered(f"- x {said}")
    assert set(re.findall(r"<(\w+)", page)) <= {"ul", "li", "code"}
    assert not re.search(r"@\w", re.sub(r"<code>.*?</code>", "", page))


def test_hostile_text_is_only_read() -> None:
    page = rendered(f"x {telling.plain(HOSTILE)}")
    assert set(re.findall(r"<(\w+)", page)) == {"p"}
    assert "onerror=alert(1)" in page
    quiet = page.replace("\u200b", "\0")
    assert not re.search(r"@a|#\d|://e|www\.e", quiet)


@settings(deadline=None)
@given(text=st.text(st.sampled_from("`~ \nab<"), max_size=60))
def test_a_log_stays_in_its_fence(text: str) -> None:
    page = rendered(telling.fenced(text) + "\n\nafter")
    assert page.count("<pre>") == 1
    assert page.rstrip().endswith("<p>after</p>")


@pytest.mark.django_db
def test_criteria_levels_and_what_failed(work: Submission) -> None:
    CriterionFactory(mini_project=work.mini_project, slug="interface", title="Interface | API")
    report = Report(
        checks=(
            check(outcome=Outcome.PASSED, title="`GET /` answers", expected="never said"),
            check(title="Says `hello`", expected="hello", actual=HOSTILE, hint="Say *hello*."),
            check(outcome=Outcome.SKIPPED, level="advanced", title="Is quick"),
        )
    )
    attempt = done(
        work, report=report.model_dump(mode="json"), levels={"interface": "not yet proficient"}
    )
    told = telling.told_of(attempt, details="https://portal.example/attempts/1/")
    assert told.title == "Not there yet"
    assert "| Interface \\| API | not yet proficient | 1 of 3 |" in told.summary
    assert "[The whole attempt](https://portal.example/attempts/1/)" in told.summary
    assert "Says `` hello ``" in told.text
    assert "What to do next: Say \\*hello\\*." in told.text
    assert "never said" not in told.text
    assert "Is quick" not in told.text
    assert markdown.render(told.summary).count("<tr>") == 2


@pytest.mark.django_db
def test_nothing_is_said_that_the_page_hides(work: Submission, alice: User) -> None:
    """What the attempt's page leaves out, such as the id of a check or a seed, stays so."""
    CriterionFactory(mini_project=work.mini_project, slug="interface")
    secret = check(id="test_secret::secret-id", seconds=1.2345, actual="what happened")
    attempt = done(
        work,
        report=Report(checks=(secret,)).model_dump(mode="json"),
        facts={"seed": "secret-seed"},
        provenance={"seed": "secret-seed"},
        log_tail="secret-log",
        worker="secret-worker",
    )
    told = telling.told_of(attempt)
    page_of = Client()
    page_of.force_login(alice)
    page = page_of.get(reverse("submissions:attempt", args=[attempt.pk])).content.decode()
    for words in ("what happened", "Answers"):
        assert words in told.text
        assert words in page
    assert "secret" not in told.title + told.summary + told.text


@pytest.mark.django_db
def test_a_fault_is_explained_with_the_end_of_its_log(work: Submission) -> None:
    facts = {"line": 2, "instruction": "RUN x", "exit_code": 1, "log": "one\n```\ntwo"}
    attempt = done(work, verdict=Verdict.REJECTED, fault=Code.BUILD_FAILED, facts=facts)
    told = telling.told_of(attempt)
    assert "**What happened:** Line 2 of the Dockerfile failed" in told.text
    assert told.text.endswith("```text\none\n'''\ntwo\n```")


@pytest.mark.django_db
def test_the_largest_report_fits(work: Submission) -> None:
    CriterionFactory(mini_project=work.mini_project, slug="interface")
    long = "é`|" * 2_000
    report = Report(
        checks=tuple(
            check(id=str(n), title=long, expected=long, actual=long, hint=long) for n in range(99)
        )
    )
    told = telling.told_of(done(work, report=report.model_dump(mode="json")))
    assert len(told.text.encode()) <= 65_535
    assert re.search(r"and \d+ more: see the whole attempt", told.text)
    assert told.text.count("Expected") > 1


@pytest.mark.django_db
@pytest.mark.parametrize("code", list(Code))
def test_no_fault_of_ours_is_marked_in_a_file(work: Submission, code: Code) -> None:
    verdict = Verdict.CRASHED if code in PLATFORM_CODES else Verdict.REJECTED
    marks = telling.annotations(
        done(
            work,
            verdict=verdict,
            fault=code,
            facts={"line": 3},
            provenance={"source": {"dockerfile": "Dockerfile"}},
        )
    )
    assert len(marks) == (code in {*telling.IN_DOCKERFILE, Code.MANIFEST_INVALID})
    assert telling.CONCLUSIONS[verdict] == ("neutral" if code in PLATFORM_CODES else "failure")


@pytest.mark.django_db
@pytest.mark.parametrize("line", [None, 0, -1, 10**9, "3", 1.5, [3], True])
def test_only_a_line_is_a_line(work: Submission, line: Any) -> None:
    attempt = done(
        work, verdict=Verdict.REJECTED, fault=Code.MANIFEST_INVALID, facts={"line": line}
    )
    assert telling.annotations(attempt) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("docker/serve.Dockerfile", True),
        ("../Dockerfile", False),
        ("/Dockerfile", False),
        ("a//b", False),
        ("a/../../b", False),
        ("a\\b", False),
        ("a\nb", False),
        ("a" * 501, False),
        (["x"], True),  # no path: the one that the form names
    ],
)
def test_only_a_path_inside_is_marked(work: Submission, path: Any, marked: bool) -> None:
    attempt = done(
        work,
        verdict=Verdict.REJECTED,
        fault=Code.BUILD_FAILED,
        facts={"line": 3},
        provenance={"source": {"dockerfile": path}},
    )
    assert bool(telling.annotations(attempt)) is marked


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"state": State.QUEUED}, "queued"),
        ({"state": State.QUEUED, "retries": 1}, "in_progress"),
        ({"state": State.JUDGING}, "in_progress"),
        ({"state": State.CANCELLED}, "cancelled"),
        ({"state": State.SUPERSEDED}, "superseded"),
        ({"state": State.DONE}, "passed"),
    ],
)
def test_what_is_said_of_a_state(work: Submission, columns: dict[str, Any], said: str) -> None:
    assert telling.said_of(AttemptFactory(submission=work, **columns)) == said


@pytest.mark.django_db
def test_a_status_fits_and_is_never_red_for_what_is_ours(work: Submission) -> None:
    for name in ("interface", "care", "predictions"):
        CriterionFactory(mini_project=work.mini_project, slug=name, title=name * 9)
    report = Report(checks=(check(),)).model_dump(mode="json")
    attempt = done(work, report=report, levels={"interface": "proficient"})
    state, words = telling.status_of(attempt)
    assert (state, len(words) <= 140) == ("failure", True)
    assert "proficient" in words
    attempt.verdict, attempt.report = Verdict.CRASHED, None
    assert telling.status_of(attempt)[0] == "pending"
