"""What a person sees while images are made."""

import io

from rich.console import Console

from grader.images.board import STEP, STEP_WORDS, Board, short


def test_a_builds_lines_tell_the_step() -> None:
    found = STEP.match("#11 [7/8] RUN pip install --upgrade pip")
    assert found is not None
    assert (found["step"], found["steps"], found["words"]) == (
        "7",
        "8",
        "RUN pip install --upgrade pip",
    )
    staged = STEP.match("#4 [build 2/3] COPY . .")
    assert staged is not None
    assert staged["step"] == "2"


def test_other_lines_tell_no_step() -> None:
    assert not [
        line
        for line in (
            "#11 DONE 20.6s",
            "#12 7.717 Collecting [1/2] x",
            "#1 [internal] load build definition",
        )
        if STEP.match(line)
    ]


def test_long_steps_are_cut_to_one_line() -> None:
    assert short("a   b\n c") == "a b c"
    assert len(short("x" * 200)) == STEP_WORDS


def test_without_a_terminal_plain_lines_tell_the_course() -> None:
    page = io.StringIO()
    with Board(Console(file=page, width=80)) as board:
        board.start("base:1")("#5 [1/2] RUN true")
        board.end("base:1 is made (3 s)")
    assert page.getvalue() == "making base:1\nbase:1 is made (3 s)\n"


def test_a_terminal_shows_the_step_beside_the_bar() -> None:
    page = io.StringIO()
    with Board(Console(file=page, width=120, force_terminal=True)) as board:
        on_line = board.start("base:1")
        on_line("#5 [2/4] RUN pip install torch[cpu]")
        board._progress.refresh()
        on_line("I: downloading packages with apt...")
        board._progress.refresh()
        board.end("base:1 is made")
    assert "RUN pip install torch[cpu]" in page.getvalue()
    assert "downloading packages" in page.getvalue()
    assert "making" not in page.getvalue()
