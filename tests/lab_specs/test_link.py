"""Links, as students paste them and as an attacker would."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab_specs.faults import Code, StudentFault
from lab_specs.link import Link, clean_path, clean_ref, parse

HOSTS = ("github.com", "gitlab.com", "codeberg.org")


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://github.com/alice/digits", Link("https://github.com/alice/digits")),
        (" https://github.com/alice/digits.git\n", Link("https://github.com/alice/digits")),
        ("https://GitHub.com/alice/digits/", Link("https://github.com/alice/digits")),
        ("https://github.com:443/alice/digits", Link("https://github.com/alice/digits")),
        ("github.com/alice/digits", Link("https://github.com/alice/digits")),
        ("https://github.com/alice/digits?tab=readme#top", Link("https://github.com/alice/digits")),
        (
            "https://github.com/alice/digits/tree/develop",
            Link("https://github.com/alice/digits", "develop"),
        ),
        (
            "https://github.com/alice/digits/tree/v1.0/serve/app",
            Link("https://github.com/alice/digits", "v1.0", "serve/app"),
        ),
        (
            "https://github.com/alice/digits/blob/main/serve/Dockerfile",
            Link("https://github.com/alice/digits", "main", "serve"),
        ),
        (
            "https://github.com/alice/digits/blob/main/Dockerfile",
            Link("https://github.com/alice/digits", "main"),
        ),
        (
            "https://github.com/alice/digits/commit/0123abc",
            Link("https://github.com/alice/digits", "0123abc"),
        ),
        ("https://github.com/alice/digits/issues/4", Link("https://github.com/alice/digits")),
        (
            "https://gitlab.com/group/sub/digits/-/tree/main/app",
            Link("https://gitlab.com/group/sub/digits", "main", "app"),
        ),
        ("https://gitlab.com/group/sub/digits", Link("https://gitlab.com/group/sub/digits")),
        (
            "https://codeberg.org/alice/digits/src/branch/main/app",
            Link("https://codeberg.org/alice/digits", "main", "app"),
        ),
        (
            "https://codeberg.org/alice/digits/src/commit/0123abc",
            Link("https://codeberg.org/alice/digits", "0123abc"),
        ),
    ],
)
def test_a_link_is_read_as_repository_ref_and_folder(text: str, link: Link) -> None:
    assert parse(text, hosts=HOSTS) == link


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is empty"),
        ("x" * 501, "it is too long"),
        ("github.com/a/" + "b" * 487, "it is too long"),  # with https:// before it
        ("http://github.com/a/b", "it does not begin with https://"),
        ("ssh://git@github.com/a/b", "it does not begin with https://"),
        ("git@github.com:a/b.git", "it does not begin with https://"),
        ("ext::sh -c id", "it holds characters that no link has"),
        ("ext::id", "it does not begin with https://"),
        ("file:///etc", "it does not begin with https://"),
        ("/etc", "it does not begin with https://"),
        ("--upload-pack=id", "it does not begin with https://"),
        ("https://github.com:x/a/b", "it is malformed"),
        ("https://[github.com/a/b", "it is malformed"),
        ("https://github.com/a/b\nhttps://evil.example", "it holds characters that no link has"),
        ("https://github.com/a\\b/c", "it holds characters that no link has"),
        ("https://github.com/ä/b", "it holds characters that no link has"),
        ("https://github.com/alice", "it names no repository: owner and name are missing"),
        ("https://github.com/a/%2e%2e", "owner or name hold characters that no repository has"),
        ("https://github.com/a/..", "owner or name hold characters that no repository has"),
        ("https://github.com/a/b%20c", "owner or name hold characters that no repository has"),
        ("https://github.com/a/.git", "owner or name hold characters that no repository has"),
        ("https://github.com/-a/b", "owner or name hold characters that no repository has"),
    ],
)
def test_anything_else_is_refused_with_a_reason(text: str, problem: str) -> None:
    with pytest.raises(StudentFault) as caught:
        parse(text, hosts=HOSTS)
    assert caught.value.code is Code.LINK_INVALID
    assert caught.value.facts["problem"] == problem


def test_a_password_in_a_link_is_never_repeated() -> None:
    with pytest.raises(StudentFault) as caught:
        parse("https://alice:hunter2@github.com/a/b", hosts=HOSTS)
    assert caught.value.facts == {"link": "", "problem": "it holds a name or password"}


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://evil.example/a/b", "evil.example"),
        ("https://github.com:8443/a/b", "github.com:8443"),
        ("https://github.com.evil.example/a/b", "github.com.evil.example"),
        ("https://127.0.0.1/a/b", "127.0.0.1"),
        ("https:///a/b", ""),
    ],
)
def test_other_hosts_are_named_beside_those_allowed(text: str, host: str) -> None:
    with pytest.raises(StudentFault) as caught:
        parse(text, hosts=HOSTS)
    assert caught.value.code is Code.HOST_NOT_ALLOWED
    assert caught.value.facts == {"host": host, "hosts": list(HOSTS)}


def test_a_host_may_be_allowed_at_a_port_of_its_own() -> None:
    found = parse("https://git.example.edu:8443/a/b.git", hosts=("git.example.edu:8443",))
    assert found == Link("https://git.example.edu:8443/a/b")


def test_a_local_repository_lies_beneath_the_local_folder(tmp_path: Path) -> None:
    inside = tmp_path / "digits"
    inside.mkdir()
    assert parse(inside.as_uri(), hosts=(), local=tmp_path) == Link(inside.as_uri())


@pytest.mark.parametrize("way", ["..", "digits/../..", "%2e%2e/x", "out"])
def test_a_local_link_does_not_leave_its_folder(tmp_path: Path, way: str) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    (shelf / "out").symlink_to("/etc")
    with pytest.raises(StudentFault) as caught:
        parse(f"{shelf.as_uri()}/{way}", hosts=(), local=shelf)
    assert caught.value.facts["problem"] == "it leaves the folder of local repositories"


def test_a_local_link_names_no_other_machine(tmp_path: Path) -> None:
    with pytest.raises(StudentFault):
        parse(f"file://server{tmp_path}", hosts=(), local=tmp_path)


@pytest.mark.parametrize("ref", ["", "main", "feature/serve", "v1.0", "a" * 40, "release-2.x"])
def test_a_ref_is_taken_as_git_would(ref: str) -> None:
    assert clean_ref(f" {ref} ") == ref


@pytest.mark.parametrize(
    "ref",
    [
        *("--upload-pack=x", "-x", "a..b", "a b", "a:b", "a~1", "a^", "x" * 201, "a\x00b", "@{u}"),
        *("/a", "a/", "a.lock", ".a", "a\nb", "a*", "a\u2028b"),
    ],
)
def test_a_ref_that_git_would_not_take_is_refused(ref: str) -> None:
    with pytest.raises(StudentFault) as caught:
        clean_ref(ref)
    assert caught.value.code is Code.REF_NOT_FOUND


@pytest.mark.parametrize(
    ("text", "path"),
    [("", ""), (".", "."), ("./", "."), ("serve/", "serve"), ("./a//b/./c", "a/b/c")],
)
def test_a_path_is_tidied(text: str, path: str) -> None:
    assert clean_path(text) == path


@pytest.mark.parametrize(
    "path", ["/etc", "..", "a/../b", "a\\b", ".git/hooks", "a/.GIT", "x" * 301, "a\x00b"]
)
def test_a_path_that_leaves_the_repository_is_refused(path: str) -> None:
    with pytest.raises(StudentFault) as caught:
        clean_path(path)
    assert caught.value.code is Code.UNSAFE_PATH


@given(st.text(max_size=60).map(lambda tail: f"https://github.com/{tail}") | st.text(max_size=60))
def test_whatever_is_pasted_ends_in_a_clean_repository_or_a_fault(text: str) -> None:
    try:
        link = parse(text, hosts=HOSTS)
    except StudentFault:
        return
    assert link.repository.startswith("https://")
    assert link.repository.split("/")[2] in HOSTS
    assert not set(link.repository) & set(" \n\t\\@?#%")
    assert clean_ref(link.ref) == link.ref
    assert clean_path(link.folder) == link.folder
