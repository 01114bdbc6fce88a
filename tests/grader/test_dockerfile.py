"""Which line of a Dockerfile a step of the builder stands on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.dockerfile import directives, instructions, locate, other_builder, overgrown

TEXT = """\
# syntax=docker/dockerfile:1.4
# escape=\\

# check=skip: no directive, a line was empty
ARG V=3.11
FROM python:$V AS Builder
ENV A=b
WORKDIR /app
# about the next
RUN --mount=type=cache,target=/c \\
    # in between
    pip install \\
    -r lock.txt
COPY --chown=1:1 $A ./src /app/
RUN <<EOF
FROM nothing
RUN nothing
EOF
FROM scratch
copy --from=Builder /a /b
RUN ["true"]
RUN ["true"]
"""


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("[builder 1/5] FROM docker.io/library/python:3.11", 6),
        ("[builder 2/5] WORKDIR /app", 8),
        (
            "[builder 3/5] RUN --mount=type=cache,target=/c     pip install     -r lock.txt",
            10,
        ),
        ("[builder 4/5] COPY --chown=1:1 b ./src /app/", 14),
        ("[builder 5/5] RUN <<EOF (FROM nothing...)", 15),
        ("[stage-1 2/4] COPY --from=Builder /a /b", 20),
        ('[stage-1 3/4] RUN ["true"]', 21),
        ('[stage-1 4/4] RUN ["true"]', 22),
        ("[stage-1 9/9] RUN never", None),
        ("[other 2/5] WORKDIR /x", None),
        ("[internal] load build context", None),
        ("", None),
    ],
)
def test_steps_are_found(name: str, line: int | None) -> None:
    found = locate(instructions(TEXT), name)
    assert (found.line if found else None) == line


def test_one_stage_needs_no_name() -> None:
    found = instructions("FROM x\nCOPY a b\nADD https://e.org/x /x\n")
    assert [locate(found, name) for name in ("[2/3] COPY a b", "https://e.org/x")] == found[1:]


def test_flags_and_arguments() -> None:
    copy = next(one for one in instructions(TEXT) if one.line == 20)
    assert (copy.keyword, copy.flags, copy.arguments) == ("COPY", {"from": "Builder"}, ["/a", "/b"])


def test_directives_stand_at_the_very_top_only() -> None:
    assert directives(TEXT) == {"syntax": (1, "docker/dockerfile:1.4"), "escape": (2, "\\")}
    assert directives("\ufeff# Syntax = x \nFROM y") == {"syntax": (1, "x")}
    assert directives("FROM x\n# syntax=y") == {}


def test_another_escape() -> None:
    found = instructions("# escape=`\nFROM x\nRUN a `\n b\nRUN c\\\nRUN d\n")
    assert [(one.line, one.text) for one in found[1:]] == [
        (3, "RUN a  b"),
        (5, "RUN c\\"),
        (6, "RUN d"),
    ]


@given(st.text(alphabet='FROM RUNCOPY AS\n\\#<-"=ab', max_size=120), st.text(max_size=30))
def test_any_text_is_read(text: str, name: str) -> None:
    for one in instructions(text):
        assert 1 <= one.line <= len(text.splitlines())
        assert one.keyword
        assert one.arguments == one.arguments
    locate(instructions(text), f"[a 1/2] {name}")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# syntax=evil/builder\nFROM x", 1),
        ("#   SYNTAX = evil/builder:1 more words", 1),
        ("#!/usr/bin/env x\n# a comment\n\n# syntax=docker/dockerfile-upstream:1", 4),
        ("\ufeff// syntax=evil/builder\nFROM x", 1),
        ('\n{"a": 1, "syntax": "evil/builder"}', 2),
        ("# escape=`\n# syntax=docker.io/docker/dockerfile/more", 2),
    ],
)
def test_another_builder_is_seen(text: str, line: int) -> None:
    asked = other_builder(text)
    assert asked is not None
    assert asked[0] == line


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FROM x\n# syntax=evil/builder",
        "# syntax=docker/dockerfile\nFROM x",
        "# syntax=docker/dockerfile:1.7-labs",
        "# syntax=docker.io/docker/dockerfile:1@sha256:" + "a" * 64,
        "# the syntax= of a comment",
        '# comment\nRUN echo "# syntax=evil/builder"',
    ],
)
def test_dockers_own_builder_is_taken(text: str) -> None:
    assert other_builder(text) is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("FROM a\nENV A=1 B=$A\nRUN make $A\n", None),
        ("FROM a\nENV PATH=/work/bin:$PATH\n" * 30, None),
        ("FROM a\nRUN " + "x" * 20_000, 2),
        ("FROM a\n" + "LABEL a=" + "x" * 9_000 + "\n" + f"ENV A={'x' * 9_000}\nENV B=$A$A\n", 4),
        ("FROM a\nENV A " + "x" * 9_000 + "\nLABEL b=${A}${A}\n", 3),
        ("ARG A=" + "x" * 1_000 + "\nFROM a\n" + "ENV A=$A$A\n" * 5, 7),
        ("FROM a\nENV A='" + "x " * 500 + "'\n" + "LABEL a=$A\n" * 200, 131),
        (f"FROM a\nENV A={'x' * 99} B={'y' * 99}\nLABEL a=${{A//x/$B}}\n", 3),
        ("FROM a\nRUN <<END\n" + "x\n" * 20_000 + "END\n", 2),
        ("FROM a\nCOPY <<END /x\n" + "x\n" * 2_000 + "END\nRUN make\n", None),
    ],
)
def test_an_instruction_that_grows_too_long_is_found(text: str, line: int | None) -> None:
    assert overgrown(text) == line
