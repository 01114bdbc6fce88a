"""Real git brings one commit here; whatever is odd about it is refused by its own code."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from grader.fetch import FetchPolicy, Source, fetch, resolve
from grader.git import GitError
from grader.job import Job
from lab_specs.faults import Code, Fault, PlatformFault, StudentFault
from lab_specs.messages import facts_named
from tests.grader.repositories import commit, git, repository

WORKING = {"Dockerfile": "FROM scratch\n", "app/main.py": "print(1)\n"}


@pytest.fixture
def policy(tmp_path: Path) -> FetchPolicy:
    return FetchPolicy(hosts=("github.com",), local_root=tmp_path, seconds=20)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "student"


def fetched(home: Path, policy: FetchPolicy, sha: str, **changes: Any) -> Source:
    plain = {"attempt": "a1", "lab": "serving", "seed": 1, "commit": sha}
    job = Job.from_plain(plain | {"repository": home.as_uri()} | changes)
    return fetch(job, home.parent / "work" / "source", policy)


def refused(home: Path, policy: FetchPolicy, sha: str, **changes: Any) -> Fault:
    """The fault that ends the fetch; no file of the student has been written by then."""
    with pytest.raises(Fault) as caught:
        fetched(home, policy, sha, **changes)
    written = home.parent / "work" / "source"
    assert not written.exists() or [path.name for path in written.iterdir()] in ([], [".git"])
    assert isinstance(caught.value, StudentFault)
    assert set(caught.value.facts) <= facts_named(caught.value.code)
    return caught.value


def test_a_commit_is_fetched_with_its_git_folder(home: Path, policy: FetchPolicy) -> None:
    repository(home, {"old.txt": "old"})
    sha = repository(home, WORKING)
    repository(home, {"later.txt": "later"})
    source = fetched(home, policy, sha)
    assert source.commit == sha == git(source.path, "rev-parse", "HEAD")
    assert source.tree == git(home, "rev-parse", f"{sha}^{{tree}}")
    assert (source.context, source.dockerfile) == (".", "Dockerfile")
    assert (source.files, source.bytes) == (3, 3 + 13 + 9)
    assert not source.manifest_used
    assert (source.path / "app" / "main.py").read_text() == "print(1)\n"
    assert not (source.path / "later.txt").exists()
    assert git(source.path, "rev-list", "--count", "HEAD") == "1", "depth 1"
    assert git(source.path, "status", "--porcelain") == ""


def test_branch_tag_id_and_default_branch_resolve(home: Path, policy: FetchPolicy) -> None:
    first = repository(home, WORKING)
    git(home, "tag", "-a", "v1", "-m", "annotated")
    git(home, "tag", "light")
    second = commit(home, "Second  try \x1b[31m" + "é" * 300)
    git(home, "branch", "feature/x", first)
    names = {"v1": first, "light": first, "feature/x": first, "main": second, "": second}
    names |= {first: first, first.upper(): first, "HEAD": second, "refs/heads/main": second}
    for ref, sha in names.items():
        assert resolve(home.as_uri(), ref, policy).commit == sha
    tag_object = git(home, "rev-parse", "v1")
    assert resolve(home.as_uri(), tag_object, policy).commit == first
    resolved = resolve(home.as_uri(), "", policy)
    assert resolved.title.startswith("Second  try é")
    assert len(resolved.title) <= 200
    assert resolved.committed_at == datetime(2026, 11, 20, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    "ref", ["mian", "--upload-pack=touch /tmp/x", "a b", "*", "1" * 40, "main^{}", "é\0"]
)
def test_a_ref_that_is_not_there(home: Path, policy: FetchPolicy, ref: str) -> None:
    repository(home, WORKING)
    git(home, "tag", "-a", "v1", "-m", "annotated")
    with pytest.raises(StudentFault) as caught:
        resolve(home.as_uri(), ref, policy)
    assert caught.value.code == Code.REF_NOT_FOUND
    if ref != "1" * 40:
        assert caught.value.facts["refs"] == ["main", "v1"]


def test_a_repository_without_a_commit_has_no_default_branch(
    home: Path, policy: FetchPolicy
) -> None:
    home.mkdir()
    git(home, "init", "-q")
    with pytest.raises(StudentFault) as caught:
        resolve(home.as_uri(), "", policy)
    assert caught.value.code == Code.REF_NOT_FOUND


def test_a_blob_is_no_commit(home: Path, policy: FetchPolicy) -> None:
    repository(home, WORKING)
    blob = git(home, "rev-parse", "HEAD:Dockerfile")
    with pytest.raises(StudentFault) as caught:
        resolve(home.as_uri(), blob, policy)
    assert caught.value.code == Code.REF_NOT_FOUND
    assert refused(home, policy, blob).code == Code.REF_NOT_FOUND


def test_a_folder_without_a_repository(home: Path, policy: FetchPolicy) -> None:
    assert refused(home, policy, "1" * 40).code == Code.REPOSITORY_NOT_FOUND


# Limits


def test_too_many_files_are_counted_by_folder(home: Path, policy: FetchPolicy) -> None:
    files = {f"data/{i}.txt": "" for i in range(30)} | {f"runs/{i}": "" for i in range(5)}
    sha = repository(home, WORKING | files)
    small = FetchPolicy(hosts=(), local_root=policy.local_root, max_files=30)
    fault = refused(home, small, sha)
    assert fault.code == Code.TOO_MANY_FILES
    assert fault.facts["files"] == 37
    assert fault.facts["folders"][:2] == ["data (30)", "runs (5)"]


def test_a_small_pack_of_a_large_file_is_refused_before_it_is_written(
    home: Path, policy: FetchPolicy
) -> None:
    sha = repository(home, WORKING | {"data/big.csv": b"0" * 3_000_000})
    small = FetchPolicy(hosts=(), local_root=policy.local_root, max_bytes=2_000_000)
    fault = refused(home, small, sha)
    assert fault.code == Code.REPOSITORY_TOO_LARGE
    assert fault.facts["largest"][0] == "data/big.csv (2.9 MB)"
    assert fault.facts["size_mb"] == 2.9


def test_a_large_pack_is_cut_off_while_it_arrives(home: Path, policy: FetchPolicy) -> None:
    sha = repository(home, WORKING | {"model.pt": os.urandom(3_000_000)})
    small = FetchPolicy(hosts=(), local_root=policy.local_root, max_bytes=1_000_000)
    assert refused(home, small, sha).code == Code.REPOSITORY_TOO_LARGE
    packs = (home.parent / "work" / "source" / ".git" / "objects" / "pack").iterdir()
    assert all(pack.stat().st_size <= 1_001_000 for pack in packs)


def test_a_list_of_files_without_an_end(
    home: Path, policy: FetchPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = repository(home, WORKING | {f"data/{i}.txt": "" for i in range(50)})
    monkeypatch.setattr("grader.git.OUTPUT_LIMIT", 1_000)
    fault = refused(home, policy, sha)
    assert (fault.code, fault.facts) == (Code.TOO_MANY_FILES, {"limit": 20_000})


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GitError("", timed_out=True), Code.HOST_UNREACHABLE),
        (GitError("fatal: unable to read tree"), Code.INTERNAL),
    ],
)
def test_trouble_of_our_own_is_not_the_students(
    home: Path,
    policy: FetchPolicy,
    monkeypatch: pytest.MonkeyPatch,
    error: GitError,
    code: Code,
) -> None:
    def broken(*_: object) -> None:
        raise error

    sha = repository(home, WORKING)
    monkeypatch.setattr("grader.fetch.read_tree", broken)
    with pytest.raises(PlatformFault) as caught:
        fetched(home, policy, sha)
    assert caught.value.code == code


# What a tree may do


@pytest.mark.parametrize(
    "links",
    [
        {"x": "/etc/passwd"},
        {"x": "../outside"},
        {"sub/x": "../../outside"},
        {"sub/deep/d": "..", "sub/x": "deep/d/../../outside"},
        {"a": "b", "b": "a"},
        {"a": "a/x"},
        {"Dockerfile.link": "/"},
    ],
)
def test_a_link_that_leaves_the_tree_is_refused(
    home: Path, policy: FetchPolicy, links: Mapping[str, str]
) -> None:
    sha = repository(home, WORKING, links)
    fault = refused(home, policy, sha)
    assert fault.code == Code.UNSAFE_PATH
    assert fault.facts["path"] in links


def test_links_inside_the_tree_are_kept(home: Path, policy: FetchPolicy) -> None:
    files = {"real/Dockerfile": "FROM scratch\n", "real/app/x.py": ""}
    links = {"serve": "real", "real/here": ".", "real/app/up": "../app", "gone": "nowhere"}
    sha = repository(home, files, links)
    source = fetched(home, policy, sha, context="serve", dockerfile="serve/here/Dockerfile")
    assert (source.context, source.dockerfile) == ("real", "real/Dockerfile")
    assert (source.path / "serve").is_symlink()


def evil_tree(home: Path, name: str, mode: str = "100644", kind: str = "blob") -> str:
    """A commit with an entry that git itself would never add."""
    repository(home, WORKING)
    child = git(home, "rev-parse", "HEAD:Dockerfile" if kind == "blob" else "HEAD:app")
    tree = bytes.fromhex(child)
    raw = f"{mode.lstrip('0')} {name}".encode() + b"\0" + tree
    made = git(home, "hash-object", "-t", "tree", "-w", "--stdin", "--literally", given=raw)
    sha = git(home, "commit-tree", made, "-m", "evil")
    git(home, "update-ref", "refs/heads/evil", sha)
    return sha


@pytest.mark.parametrize("name", ["..", ".git", ".GIT", "."])
def test_a_folder_that_would_climb_or_reach_git_is_refused(
    home: Path, policy: FetchPolicy, name: str
) -> None:
    sha = evil_tree(home, name, "040000", "tree")
    assert refused(home, policy, sha).code == Code.UNSAFE_PATH


def test_a_name_that_git_refuses_to_write(home: Path, policy: FetchPolicy) -> None:
    repository(home, WORKING)
    blob = git(home, "rev-parse", "HEAD:Dockerfile")
    lines = f"100644 blob {blob}\tDockerfile\n100644 blob {blob}\tgit~1\n"
    tree = git(home, "mktree", given=lines.encode())
    sha = git(home, "commit-tree", tree, "-m", "evil")
    git(home, "update-ref", "refs/heads/evil", sha)
    fault = refused(home, policy, sha)
    assert fault.code == Code.UNSAFE_PATH
    assert "git~1" in fault.facts["path"]


def test_odd_names_and_case_collisions_do_no_harm(home: Path, policy: FetchPolicy) -> None:
    odd = {"a\nb\tc.txt": "1", "README.md": "1", "readme.md": "2", "-rf": "", "é ü.txt": ""}
    repository(home, WORKING | odd)
    (home / os.fsdecode(b"\xff\xfe.bin")).write_bytes(b"x")
    git(home, "add", "-A")
    source = fetched(home, policy, commit(home, "odd"))
    assert source.files == len(WORKING) + len(odd) + 1
    assert (source.path / "a\nb\tc.txt").read_text() == "1"
    assert (source.path / "readme.md").read_text() == "2"


def test_a_link_that_is_far_too_long(home: Path, policy: FetchPolicy) -> None:
    repository(home, WORKING)
    target = git(home, "hash-object", "-w", "--stdin", given=b"a" * 5_000)
    git(home, "update-index", "--add", "--cacheinfo", f"120000,{target},x")
    fault = refused(home, policy, commit(home, "long"))
    assert (fault.code, fault.facts) == (Code.UNSAFE_PATH, {"path": "x"})


def test_a_submodule_is_no_dockerfile(home: Path, policy: FetchPolicy) -> None:
    first = repository(home, {"a": ""})
    git(home, "update-index", "--add", "--cacheinfo", f"160000,{first},Dockerfile")
    assert refused(home, policy, commit(home, "odd")).code == Code.DOCKERFILE_MISSING


# Nothing of the student's is run


def test_neither_hooks_nor_filters_nor_submodules_act(
    home: Path, policy: FetchPolicy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness = tmp_path / "witness"
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
    inner = repository(tmp_path / "inner", {"x": "y"})
    files = {".gitattributes": "*.pt filter=lfs\n", "m.pt": pointer}
    files[".gitmodules"] = f'[submodule "s"]\n\tpath = s\n\turl = {tmp_path / "inner"}\n'
    repository(home, WORKING | files)
    git(home, "update-index", "--add", "--cacheinfo", f"160000,{inner},s")
    sha = commit(home, "all of it")
    template = tmp_path / "template" / "hooks"
    template.mkdir(parents=True)
    (template / "post-checkout").write_text(f"#!/bin/sh\ntouch {witness}\n")
    (template / "post-checkout").chmod(0o755)
    (tmp_path / ".gitconfig").write_text(
        f"[init]\n\ttemplateDir = {tmp_path / 'template'}\n"
        f'[filter "lfs"]\n\tsmudge = touch {witness}\n\trequired = true\n'
        f"[core]\n\thooksPath = {template}\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(tmp_path / "template"))
    source = fetched(home, policy, sha)
    assert not witness.exists()
    assert not (source.path / ".git" / "hooks").exists()
    assert (source.path / "m.pt").read_text() == pointer
    assert not list((source.path / "s").iterdir())


def test_our_own_environment_does_not_reach_git(
    home: Path, policy: FetchPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = repository(home, WORKING)
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_WORK_TREE", "/nowhere")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert fetched(home, policy, sha).commit == sha


# Places


def test_the_manifest_wins_over_the_form(home: Path, policy: FetchPolicy) -> None:
    manifest = "labs:\n  serving: {context: serve, dockerfile: docker/api.dockerfile}\n"
    files = {"mlops.yaml": manifest, "docker/api.dockerfile": "FROM scratch\n", "serve/a.py": ""}
    sha = repository(home, files)
    source = fetched(home, policy, sha, context="nowhere", dockerfile="wrong")
    assert (source.context, source.dockerfile) == ("serve", "docker/api.dockerfile")
    assert source.manifest_used


def test_a_manifest_for_another_lab_leaves_the_form(home: Path, policy: FetchPolicy) -> None:
    sha = repository(home, WORKING | {"mlops.yaml": "labs: {training: {context: train}}\n"})
    source = fetched(home, policy, sha, context="./")
    assert (source.context, source.manifest_used) == (".", False)


def test_a_wrong_manifest_names_line_and_field(home: Path, policy: FetchPolicy) -> None:
    text = "labs:\n  serving:\n    context: serve\n    contxt: serve\n"
    fault = refused(home, policy, repository(home, WORKING | {"mlops.yaml": text}))
    assert fault.code == Code.MANIFEST_INVALID
    assert (fault.facts["line"], fault.facts["field"]) == (4, "labs.serving.contxt")


def test_a_manifest_that_is_a_link_or_too_long(home: Path, policy: FetchPolicy) -> None:
    sha = repository(home, WORKING, {"mlops.yaml": "Dockerfile"})
    assert refused(home, policy, sha).code == Code.MANIFEST_INVALID


def test_a_manifest_that_is_too_long(home: Path, policy: FetchPolicy) -> None:
    sha = repository(home, WORKING | {"mlops.yaml": "#" * 70_000})
    assert refused(home, policy, sha).code == Code.MANIFEST_INVALID


@pytest.mark.parametrize("context", ["Serve", "../x", "/etc", "Dockerfile", "app\0", "serve/../.."])
def test_a_context_that_is_no_folder_of_the_tree(
    home: Path, policy: FetchPolicy, context: str
) -> None:
    sha = repository(home, WORKING | {"serve/Dockerfile": "FROM scratch\n"})
    fault = refused(home, policy, sha, context=context)
    assert fault.code == Code.CONTEXT_MISSING
    assert fault.facts["folders"] == [".", "serve"]


SEEN = (
    "dockerfiles/train.dockerfile",
    "api.docker",
    "dockerfile",
    "Dockerfile-app",
    "Dockerfile.lambda",
    "my Dockerfile",
    "Dockerfile-backend.txt",
    "x/Dockerfile",
)


def test_dockerfiles_of_other_names_are_listed(home: Path, policy: FetchPolicy) -> None:
    others = ("Dockerfile.md", ".dockerignore", "docker.py", "Dockerfile.dockerignore", ".docker")
    sha = repository(home, dict.fromkeys(SEEN + others, "FROM scratch\n"))
    fault = refused(home, policy, sha)
    assert fault.code == Code.DOCKERFILE_MISSING
    assert fault.facts["dockerfile"] == "Dockerfile"
    assert set(fault.facts["seen"]) == set(SEEN)


@pytest.mark.parametrize("dockerfile", ["app", "../Dockerfile", "/etc/passwd", "dockerfile"])
def test_a_dockerfile_that_is_no_file_of_the_tree(
    home: Path, policy: FetchPolicy, dockerfile: str
) -> None:
    fault = refused(home, policy, repository(home, WORKING), dockerfile=dockerfile)
    assert fault.code == Code.DOCKERFILE_MISSING
    assert fault.facts["seen"] == ["Dockerfile"]


def test_notebooks_and_compose_files_alone_are_said(home: Path, policy: FetchPolicy) -> None:
    files = {"a.ipynb": "{}", "b/c.ipynb": "{}", "docker-compose.yml": "services: {}"}
    fault = refused(home, policy, repository(home, files))
    assert fault.facts["seen"] == []
    assert fault.facts["notebooks"] == 2
    assert fault.facts["compose"] == ["docker-compose.yml"]


def test_spaces_in_the_name_are_fine(home: Path, policy: FetchPolicy) -> None:
    sha = repository(home, {"my app/Docker file": "FROM scratch\n"})
    source = fetched(home, policy, sha, context="my app", dockerfile="my app/Docker file")
    assert source.dockerfile == "my app/Docker file"
