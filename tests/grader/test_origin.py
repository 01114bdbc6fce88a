"""Only https on an allowed host, or a folder of the demo; everything else has a reason."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.origin import FetchPolicy, origin_of
from lab_specs.faults import Code, StudentFault
from lab_specs.messages import explain

POLICY = FetchPolicy(hosts=("github.com", "git.example.org:8443"))


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://github.com/ada/digits", "https://github.com/ada/digits"),
        ("https://GitHub.com/ada/digits.git", "https://github.com/ada/digits.git"),
        ("https://github.com:443/ada/digits", "https://github.com/ada/digits"),
        ("https://git.example.org:8443/a", "https://git.example.org:8443/a"),
    ],
)
def test_allowed_links(link: str, url: str) -> None:
    origin = origin_of(link, POLICY)
    assert (origin.url, origin.protocol) == (url, "https")


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("", Code.LINK_INVALID),
        ("digits", Code.LINK_INVALID),
        ("-oProxyCommand=x", Code.LINK_INVALID),
        ("http://github.com/ada/digits", Code.LINK_INVALID),
        ("ssh://git@github.com/ada/digits", Code.LINK_INVALID),
        ("git@github.com:ada/digits", Code.LINK_INVALID),
        ("ext::sh -c touch% /tmp/x", Code.LINK_INVALID),
        ("file:///etc", Code.LINK_INVALID),
        ("https://github.com", Code.LINK_INVALID),
        ("https://github.com/", Code.LINK_INVALID),
        ("https:///ada/digits", Code.LINK_INVALID),
        ("https://github.com/a b", Code.LINK_INVALID),
        ("https://github.com/a\nb", Code.LINK_INVALID),
        ("https://github.com\\@evil.org/a", Code.LINK_INVALID),
        ("https://github.com:x/a", Code.LINK_INVALID),
        ("https://[::1/a", Code.LINK_INVALID),
        ("https://github.com/a?b=c", Code.LINK_INVALID),
        ("https://github.com/a#b", Code.LINK_INVALID),
        ("https://ada:secret@github.com/a", Code.LINK_INVALID),
        ("https://ada@github.com/a", Code.LINK_INVALID),
        ("https://github.com/" + "a" * 600, Code.LINK_INVALID),
        ("https://github.com.evil.org/a", Code.HOST_NOT_ALLOWED),
        ("https://evil.org/github.com/a", Code.HOST_NOT_ALLOWED),
        ("https://github.com:8443/a", Code.HOST_NOT_ALLOWED),
        ("https://git.example.org/a", Code.HOST_NOT_ALLOWED),
        ("https://169.254.169.254/latest", Code.HOST_NOT_ALLOWED),
        ("https://127.0.0.1/a", Code.HOST_NOT_ALLOWED),
    ],
)
def test_other_links_are_refused_with_a_reason(link: str, code: Code) -> None:
    with pytest.raises(StudentFault) as caught:
        origin_of(link, POLICY)
    assert caught.value.code == code
    assert "secret" not in str(caught.value.facts)
    assert caught.value.facts.get("problem") or caught.value.facts["hosts"] == list(POLICY.hosts)


@given(st.text() | st.text().map("https://".__add__) | st.text().map("file://".__add__))
def test_any_text_is_allowed_or_refused(link: str) -> None:
    reason, url = "", ""
    try:
        url = origin_of(link, POLICY).url
    except StudentFault as fault:
        reason = explain(fault.code, fault.facts).happened
    assert reason or url.startswith(("https://github.com/", "https://git.example.org:8443/"))


def test_local_repositories_stay_below_their_root(tmp_path: Path) -> None:
    root = tmp_path / "demo"
    (root / "a b").mkdir(parents=True)
    (tmp_path / "secret").mkdir()
    (root / "out").symlink_to(tmp_path / "secret")
    policy = FetchPolicy(hosts=(), local_root=root)
    assert origin_of((root / "a b").as_uri(), policy).url == (root / "a b").as_uri()
    for link in (
        (tmp_path / "secret").as_uri(),
        f"{root.as_uri()}/../secret",
        f"{root.as_uri()}/%2e%2e/secret",
        (root / "out").as_uri(),
        f"file://elsewhere{root}/x",
        f"{tmp_path.as_uri()}/demo-not",
    ):
        with pytest.raises(StudentFault) as caught:
            origin_of(link, policy)
        assert caught.value.code == Code.HOST_NOT_ALLOWED
