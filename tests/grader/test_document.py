"""A document is read by real git at one commit; whatever else stands there is named, not read."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import document
from grader.document import LARGEST, Document, read
from grader.fetch import FetchPolicy
from lab_specs.faults import Code, StudentFault
from tests.grader.repositories import git, repository

PATH = "reports/README.md"
REPORT = "# Data\n\n![curve](figures/curve.png)\n"


@pytest.fixture
def policy(tmp_path: Path) -> FetchPolicy:
    work = tmp_path / "work"
    return FetchPolicy(hosts=("github.com",), local_root=tmp_path, seconds=20, workdir=work)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "student"


@pytest.fixture(params=["filters", "no filters"])
def host(request: pytest.FixtureRequest, home: Path) -> Path:
    """A host that can leave large files out, and one that sends them whatever it is asked."""
    repository(home, {"first.txt": "1"})
    git(home, "config", "uploadpack.allowFilter", str(request.param == "filters").lower())
    return home


def said(home: Path, policy: FetchPolicy, path: str = PATH) -> str:
    """Why it could not be read; nothing of it stays."""
    found = read(home.as_uri(), path, policy)
    assert (found.text, found.files) == ("", frozenset())
    assert found.commit == git(home, "rev-parse", "HEAD")
    assert list(policy.workdir.iterdir()) == []
    return found.problem


def test_the_text_and_what_lies_beside_it(host: Path, policy: FetchPolicy) -> None:
    files = {PATH: REPORT, "reports/figures/curve.png": b"\x89PNG", "b.bin": bytes(2 * LARGEST)}
    sha = repository(host, files, {"link": PATH})
    there = frozenset({"first.txt", *files})
    assert read(host.as_uri(), PATH, policy) == Document(sha, REPORT, files=there)
    assert list(policy.workdir.iterdir()) == []


def test_it_is_read_at_the_commit_that_was_taken(home: Path, policy: FetchPolicy) -> None:
    early = repository(home, {PATH: "early"})
    late = repository(home, {PATH: "late"})
    assert read(home.as_uri(), PATH, policy, early).text == "early"
    newest = read(home.as_uri(), PATH, policy)
    assert (newest.commit, newest.text) == (late, "late")


def test_marks_of_editors_are_no_text(home: Path, policy: FetchPolicy) -> None:
    repository(home, {PATH: b"\xef\xbb\xbf# Data\r\nRows\r\n"})
    assert read(home.as_uri(), PATH, policy).text == "# Data\nRows\n"


def test_a_file_may_have_a_megabyte_and_no_more(host: Path, policy: FetchPolicy) -> None:
    repository(host, {PATH: b"x" * LARGEST})
    assert len(read(host.as_uri(), PATH, policy).text) == LARGEST
    repository(host, {PATH: b"x" * (LARGEST + 1)})
    assert said(host, policy) == "`reports/README.md` is larger than 1 MB."


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\x00text", "holds bytes that no text has"),
        (b"\x89PNG\xff", "is no text in UTF-8"),
        ("Data".encode("utf-16"), "is no text in UTF-8"),
        (b" \n\t", "is empty"),
        (b"", "is empty"),
    ],
)
def test_what_is_no_text(home: Path, policy: FetchPolicy, content: bytes, why: str) -> None:
    repository(home, {PATH: content})
    assert why in said(home, policy)


@pytest.mark.parametrize(
    ("name", "target"),
    [(PATH, "../real.md"), (PATH, "/etc/passwd"), (PATH, "../../secret"), ("reports", "texts")],
)
def test_links_are_not_followed(home: Path, policy: FetchPolicy, name: str, target: str) -> None:
    (home.parent / "secret").write_text("secret")
    repository(home, {"real.md": "real", "texts/README.md": "real"}, {name: target})
    assert said(home, policy) == f"`{name}` is a link, and links are not followed."


@pytest.mark.parametrize("name", ["reports", PATH])
def test_submodules_are_not_entered(home: Path, policy: FetchPolicy, name: str) -> None:
    sha = repository(home, {"first.txt": "1"})
    git(home, "update-index", "--add", "--cacheinfo", f"160000,{sha},{name}")
    git(home, "commit", "-q", "-m", "sub")
    assert said(home, policy).startswith(f"`{name}` is a submodule")


@pytest.mark.parametrize(
    "path",
    ["../secret.md", "/etc/passwd", "reports/../real.md", "./real.md", ".git/config", "HEAD", "-p"],
)
def test_only_names_of_the_commits_own_files_are_known(
    home: Path, policy: FetchPolicy, path: str
) -> None:
    (home.parent / "secret.md").write_text("secret")
    repository(home, {"real.md": "real"})
    assert said(home, policy, path) == f"There is no file `{path}`. These are there: `real.md`."


def test_a_folder_says_so(home: Path, policy: FetchPolicy) -> None:
    repository(home, {PATH: "text"})
    assert said(home, policy, "reports") == "`reports` is a folder."
    assert said(home, policy, "reports/") == "`reports/` is a folder."


def test_hostile_names_are_told_plainly(home: Path, policy: FetchPolicy) -> None:
    repository(home, {"a`\x1b[31m\nb.md": "x", "c" * 200 + ".md": "x"})
    problem = said(home, policy)
    assert "\x1b" not in problem
    assert "\n" not in problem
    assert len(problem) < 500


def test_a_commit_that_is_gone(home: Path, policy: FetchPolicy) -> None:
    repository(home, {PATH: "text"})
    with pytest.raises(StudentFault) as caught:
        read(home.as_uri(), PATH, policy, "1" * 40)
    assert caught.value.code == Code.REF_NOT_FOUND


def test_a_tree_that_is_too_long_to_list(
    home: Path, policy: FetchPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository(home, {f"{n}.md": "x" for n in range(100)})
    monkeypatch.setattr("grader.git.OUTPUT_LIMIT", 4_000)
    with pytest.raises(StudentFault) as caught:
        read(home.as_uri(), PATH, policy)
    assert caught.value.code == Code.TOO_MANY_FILES


@given(st.text(max_size=60))
def test_any_path_has_an_answer(path: str) -> None:
    with pytest.raises(document._UnreadableError):
        document._found({"a/b.md": document._Entry("120000", "0" * 40)}, path)
