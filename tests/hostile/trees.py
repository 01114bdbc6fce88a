"""Repositories that no folder can hold: odd trees, odd modes, far too much of something."""

import os
import subprocess
import zlib
from hashlib import sha1
from pathlib import Path

from grader.ground import Ground, Target
from grader.solutions import GIT_ENV, git

FILES = 75_000
DEEP = 3_000  # folders within folders
GIANT = 510 * 2**20  # bytes of zeros, which travel as less than one
PIECE = 2**20


def submodule(ground: Ground) -> Target:
    """A submodule whose address is a command, in a repository that is else honest."""
    home = ground.write(ground.scratch / "repository")
    orders = f'ext::sh -c "touch {ground.scratch}/reached"'
    (home / ".gitmodules").write_text(
        f'[submodule "evil"]\n\tpath = evil\n\turl = {orders}\n\tupdate = !touch reached\n'
    )
    target = ground.plant(home)
    _add(home, f"160000,{target.commit},evil")
    return _again(home)


def link_out(ground: Ground) -> Target:
    """Links that leave the tree, by absolute path and by climbing."""
    home = ground.write(ground.scratch / "repository")
    (home / "data").symlink_to("../../../../../../etc")
    (home / "passwd").symlink_to("/etc/passwd")
    return ground.plant(home)


def dockerfile_out(ground: Ground) -> Target:
    """A Dockerfile that is a link by way of another link, both inside until both are followed."""
    home = ground.write(ground.scratch / "repository")
    (home / "Dockerfile").unlink(missing_ok=True)
    (home / "up").symlink_to(".")
    (home / "Dockerfile").symlink_to("up/up/../../../secret")
    return ground.plant(home)


def climbing(ground: Ground) -> Target:
    """A tree with an entry named `..`, which git itself never writes."""
    return _odd(ground, b"..")


def inner_git(ground: Ground) -> Target:
    """A tree that brings a folder `.git` with hooks and settings of its own."""
    return _odd(ground, b".git")


def inner_git_disguised(ground: Ground) -> Target:
    """The same under a name that some file systems take for `.git`."""
    return _odd(ground, b".GIT")


def slash(ground: Ground) -> Target:
    """A file whose name holds slashes and leads out."""
    return _odd(ground, b"a/../../../reached", file=True)


def same_name_twice(ground: Ground) -> Target:
    """Names that differ in case alone, one a link under which the other would be written."""
    home = ground.write(ground.scratch / "repository")
    (home / "Folder").symlink_to("honest.py")
    (home / "folder").mkdir()
    (home / "folder" / "attack.py").write_text("raise SystemExit(3)\n")
    (home / "ATTACK.py").write_text("raise SystemExit(3)\n")
    (home / "dockerfile").write_text("FROM scratch\n")
    return ground.plant(home)


def many_files(ground: Ground) -> Target:
    """A data set of 75,000 small files, all the same to git."""
    home = ground.write(ground.scratch / "repository")
    ground.plant(home)
    blob = git(home, "hash-object", "-w", "mark")
    lines = "".join(f"100644 {blob}\tdata/{n % 100}/{n}.txt\n" for n in range(FILES))
    _index(home, lines)
    return _again(home)


def deep(ground: Ground) -> Target:
    """Folders within folders, deeper than a path may be long."""
    home = ground.write(ground.scratch / "repository")
    ground.plant(home)
    blob = git(home, "hash-object", "-w", "mark")
    tree = _tree(home, f"100644 blob {blob}\tend\n")
    for _ in range(DEEP):
        tree = _tree(home, f"040000 tree {tree}\td\n")
    beside = git(home, "ls-tree", "HEAD")
    return _commit(home, _tree(home, f"{beside}\n040000 tree {tree}\tdeep\n"))


def long_name(ground: Ground) -> Target:
    """A name that is longer than any file system takes."""
    return _odd(ground, b"x" * 5_000, file=True)


def odd_names(ground: Ground) -> Target:
    """Names with newlines, terminal escapes, bytes that are no text; and no Dockerfile."""
    home = ground.scratch / "repository"
    home.mkdir(parents=True)
    for name in (b"a\nb", b"\x1b[2J\x1b]0;owned\x07.dockerfile", b"\xff\xfe.dockerfile", b"-rf"):
        Path(os.fsdecode(os.fsencode(home) + b"/" + name)).write_text(ground.mark)
    return ground.plant(home)


def html_names(ground: Ground) -> Target:
    """Names that are markup, for the page that lists them; and no Dockerfile."""
    home = ground.scratch / "repository"
    home.mkdir(parents=True)
    for name in ("<img src=x onerror=alert(1)>.dockerfile", "<script>alert(1)<script>.docker"):
        (home / name).write_text(ground.mark)
    (home / "=cmd|' -c calc'!A1.dockerfile").write_text(ground.mark)
    return ground.plant(home)


def zeros(ground: Ground) -> Target:
    """A giant file of zeros: its pack is small, what is unpacked is not."""
    home = ground.write(ground.scratch / "repository")
    packer = zlib.compressobj(1)
    digest = sha1(f"blob {GIANT}\0".encode(), usedforsecurity=False)
    parts = [packer.compress(f"blob {GIANT}\0".encode())]
    piece = bytes(PIECE)
    for _ in range(GIANT // PIECE):
        digest.update(piece)
        parts.append(packer.compress(piece))
    ground.plant(home)
    name = digest.hexdigest()
    folder = home / ".git" / "objects" / name[:2]
    folder.mkdir(exist_ok=True)
    (folder / name[2:]).write_bytes(b"".join([*parts, packer.flush()]))
    _add(home, f"100644,{name},zeros.bin")
    return _again(home)


def hooks(ground: Ground) -> Target:
    """Hooks and settings of the repository's own side, and of a folder that came along."""
    home = ground.write(ground.scratch / "repository")
    reached = f"#!/bin/sh\ntouch {ground.scratch}/reached\n"
    for folder in (home / "hooks", home / ".githooks"):
        folder.mkdir()
        for name in ("post-checkout", "post-merge", "pre-commit", "reference-transaction"):
            (folder / name).write_text(reached)
            (folder / name).chmod(0o755)
    target = ground.plant(home)
    git(home, "config", "core.hooksPath", str(home / "hooks"))
    git(home, "config", "core.fsmonitor", f"touch {ground.scratch}/reached")
    return target


def moved_branch(ground: Ground) -> Target:
    """A branch that moves on, after it was submitted, to something else."""
    home = ground.write(ground.scratch / "repository")
    target = ground.plant(home)
    (home / "attack.py").write_text("raise SystemExit('REACHED the later commit')\n")
    git(home, "add", "--all")
    git(home, "commit", "--quiet", "--message", "After the deadline")
    return target


def vanished(ground: Ground) -> Target:
    """A commit that its branch no longer has, and then its repository has not, either."""
    home = ground.write(ground.scratch / "repository")
    target = ground.plant(home)
    git(home, "commit", "--quiet", "--amend", "--message", "History is what I say")
    git(home, "reflog", "expire", "--expire=now", "--all")
    git(home, "gc", "--quiet", "--prune=now")
    return target


def _odd(ground: Ground, name: bytes, *, file: bool = False) -> Target:
    """A tree with an entry that git's own commands refuse to make."""
    home = ground.write(ground.scratch / "repository")
    ground.plant(home)
    blob = git(home, "hash-object", "-w", "mark")
    hook = _tree(home, f"100755 blob {blob}\tpost-checkout\n")
    inner = _tree(home, f"100644 blob {blob}\tconfig\n040000 tree {hook}\thooks\n")
    entry = b"100644 " if file else b"40000 "
    listed = git(home, "ls-tree", "HEAD").splitlines()
    content = entry + name + b"\0" + bytes.fromhex(blob if file else inner)
    for line in listed:
        mode, _, rest = line.partition(" ")
        one, _, path = rest.partition("\t")
        content += f"{mode.lstrip('0')} {path}\0".encode() + bytes.fromhex(one.split()[1])
    words = ["git", "hash-object", "-t", "tree", "-w", "--stdin", "--literally"]
    made = subprocess.run(words, cwd=home, input=content, capture_output=True, check=True)
    return _commit(home, made.stdout.decode().strip())


def _tree(home: Path, listing: str) -> str:
    made = subprocess.run(
        ["git", "mktree"], cwd=home, input=listing, text=True, capture_output=True, check=True
    )
    return made.stdout.strip()


def _index(home: Path, lines: str) -> None:
    words = ["git", "update-index", "--index-info"]
    subprocess.run(words, cwd=home, input=lines, text=True, check=True)


def _add(home: Path, entry: str) -> None:
    git(home, "update-index", "--add", "--cacheinfo", entry)


def _again(home: Path) -> Target:
    """What stands in the index, committed on top."""
    git(home, "commit", "--quiet", "--message", "And more")
    return Target(link=home.as_uri(), commit=git(home, "rev-parse", "HEAD"))


def _commit(home: Path, tree: str) -> Target:
    words = ["git", "commit-tree", tree, "-m", "Odd"]
    environment = {**os.environ, **GIT_ENV}
    made = subprocess.run(
        words, cwd=home, env=environment, text=True, capture_output=True, check=True
    )
    commit = made.stdout.strip()
    git(home, "update-ref", "refs/heads/main", commit)
    return Target(link=home.as_uri(), commit=commit)
