"""What a worker does beside: one thing at a time, and nothing that it meets stops the next."""

from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from grader import aside, comparing, history
from grader.gathering import Gathered, gather
from grader.history import Contributor, History
from lab_specs.faults import Code
from portal.courses.models import MiniProject
from portal.people.models import User
from portal.similarity import domain
from portal.similarity.models import Comparison
from portal.submissions import histories
from portal.submissions.models import History as Row
from portal.submissions.models import Submission
from tests.factories import SubmissionFactory
from tests.grader.repositories import git, repository
from tests.grader.test_winnowing import CODE, DOCKERFILE

pytestmark = pytest.mark.django_db


def wait(repository: str = "https://github.com/a/b", commit: str = "a" * 40) -> Row:
    work = SubmissionFactory(repository=repository, commit=commit)
    histories.order(work, now=timezone.now())
    return Row.objects.get(submission=work)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Repositories below this folder may be fetched."""
    settings = aside.settings().model_copy(
        update={"local_repositories": tmp_path, "workdir": tmp_path / "work"}
    )
    monkeypatch.setattr(aside, "settings", lambda: settings)
    return tmp_path


def test_histories_are_read_one_after_another(here: Path) -> None:
    sha = repository(here / "a", {"x.py": "1\n"})
    rows = [wait((here / "a").as_uri(), sha), wait((here / "gone").as_uri())]
    aside.read_histories()
    for row in rows:
        row.refresh_from_db()
    assert rows[0].told["contributors"][0]["mail"] == "ada@example.org"
    assert rows[1].fault == Code.REPOSITORY_NOT_FOUND
    assert list((here / "work").iterdir()) == []


def test_a_history_that_breaks_us_does_not_stop_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(where: str, *_: object) -> History:
        if where == "bad":
            raise ZeroDivisionError
        return History([Contributor("A", "a@x")])

    monkeypatch.setattr(history, "read", read)
    bad, good = wait("bad"), wait("good")
    aside.read_histories()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.fault, bad.answered_at) == (Code.INTERNAL, None)
    assert good.told is not None


def test_a_second_bell_finds_the_hand_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    row = wait()
    with aside.HAND:
        aside.read_histories()
    row.refresh_from_db()
    assert row.tries == 0


# Comparing groups


def handed_in(mini_project: MiniProject, folder: Path, files: dict[str, str]) -> Submission:
    sha = repository(folder, files)
    return SubmissionFactory(mini_project=mini_project, repository=folder.as_uri(), commit=sha)


def compared(mini_project: MiniProject, tina: User, template: Path | None = None) -> Comparison:
    row = domain.begin(
        mini_project=mini_project,
        by=tina,
        template=template.as_uri() if template else "",
        now=timezone.now(),
    )
    aside.compare_groups()
    row.refresh_from_db()
    return row


def told(row: Comparison) -> list[object]:
    return [
        (each.left.submission_id, each.right.submission_id, each.percent, each.evidence)
        for each in row.pairs.select_related("left", "right")
    ]


def test_groups_are_compared_without_the_template_and_the_same_each_time(
    here: Path, mini_project: MiniProject, tina: User, settings: Settings
) -> None:
    settings.LOCAL_REPOSITORIES = here
    repository(here / "template", {"start.py": CODE, "Dockerfile": DOCKERFILE})
    for name in "abc":
        git(here, "clone", "-q", "template", name)
    other = (here / "a" / "start.py").read_text().replace("row", "x")
    mine = "\n".join(f"def f{n}(a):\n    return {'-' * n}a ** {n}" for n in range(30))
    first = handed_in(mini_project, here / "a", {"start.py": other, "own.py": mine})
    second = handed_in(mini_project, here / "b", {"mine.py": f"# b\n{mine.replace('a', 'zz')}"})
    handed_in(mini_project, here / "c", {"c.py": "print(1)\n"})
    SubmissionFactory(mini_project=mini_project, repository=(here / "gone").as_uri())
    row = compared(mini_project, tina, here / "template")
    (pair,) = row.pairs.all()
    assert [each.submission for each in (pair.left, pair.right)] == [first, second]
    assert (pair.commits, pair.evidence["files"][0]["percent"]) == (0, 100)
    (files,) = pair.evidence["files"]
    assert (files["left"], files["right"]) == ("own.py", "mine.py")
    assert "def f1(zz):" in files["blocks"][0]["right_text"]
    assert row.template_commit == git(here / "template", "rev-parse", "HEAD")
    assert [part.fault for part in row.parts.order_by("pk")].count(Code.REPOSITORY_NOT_FOUND) == 1
    again = compared(mini_project, tina, here / "template")
    assert (told(again), again.said) == (told(row), row.said)


def test_a_history_that_two_share_is_told(
    here: Path, mini_project: MiniProject, tina: User
) -> None:
    root = repository(here / "a", {"a.py": "1\n"})
    git(here, "clone", "-q", "a", "b")
    for name in "ab":
        handed_in(mini_project, here / name, {f"{name}.py": "x\n"})
    (pair,) = compared(mini_project, tina).pairs.all()
    assert (pair.commits, pair.shared) == (1, 0)
    assert (pair.evidence["commits"], pair.evidence["roots"]) == ([root], [root])


def test_without_its_template_nothing_is_compared(
    here: Path, mini_project: MiniProject, tina: User, settings: Settings
) -> None:
    settings.LOCAL_REPOSITORIES = here
    for name in "ab":
        handed_in(mini_project, here / name, {f"{name}.py": "x\n"})
    row = compared(mini_project, tina, here / "gone")
    assert (row.fault, row.pairs.count()) == (Code.REPOSITORY_NOT_FOUND, 0)


def test_one_that_breaks_us_does_not_stop_the_others(
    here: Path, mini_project: MiniProject, tina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = handed_in(mini_project, here / "a", {"a.py": "x\n"})
    handed_in(mini_project, here / "b", {"b.py": "x\n"})

    def broken(key: int, *place: object) -> Gathered:
        if key == bad.team_id:
            raise ZeroDivisionError
        return gather(key, *place)  # type: ignore[arg-type]

    monkeypatch.setattr(comparing, "gather", broken)
    row = compared(mini_project, tina)
    assert sorted(part.fault for part in row.parts.all()) == ["", Code.INTERNAL]
    assert row.finished_at is not None
