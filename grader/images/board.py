"""What a person sees while images are made: one line per image, its step and the time."""

import re
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from grader.images.commands import OnLine

STEP = re.compile(r"^#\d+ \[(?:\S+ )?(?P<step>\d+)/(?P<steps>\d+)\] (?P<words>.*)")
STEP_WORDS = 48


class Board:
    """A progress bar for each image on a terminal; plain lines where there is none."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TimeElapsedColumn(),
            TextColumn("{task.fields[step]}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def start(self, name: str) -> OnLine:
        """Begins an image's line; the answer takes the lines of the commands that make it."""
        if not self._console.is_terminal:
            self._console.print(f"making {name}", highlight=False)
        task = self._task = self._progress.add_task(name, total=None, step="")
        return lambda line: self._show(task, line)

    def end(self, words: str) -> None:
        """Replaces the image's line by a last word on it."""
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
        self._console.print(words, highlight=False)

    def _show(self, task: TaskID, line: str) -> None:
        if found := STEP.match(line):
            done, total = int(found["step"]) - 1, int(found["steps"])
            self._progress.update(task, completed=done, total=total, step=short(found["words"]))
        elif line.startswith("I: "):
            self._progress.update(task, step=short(line.removeprefix("I: ")))


def short(words: str) -> str:
    """One line of limited length."""
    line = " ".join(words.split())
    return line if len(line) <= STEP_WORDS else line[: STEP_WORDS - 1] + "…"
