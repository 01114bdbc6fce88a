"""The judge's process: reads one brief from standard input, runs the checks, reports.

It is started before it is needed and waits on its standard input, so that its interpreter and
its libraries are loaded by the time an attempt arrives. One judge serves one attempt.
"""

import os
import sys
import threading
from pathlib import Path
from typing import BinaryIO

import pytest

from lab_specs import fixtures, wire
from lab_specs.judge_plugin import JudgePlugin
from lab_specs.report import TEXT_CAP, Report


class Wire:
    """Asks the grader, one question at a time, whichever thread of a check asks."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source, self._sink = source, sink
        self._lock = threading.Lock()

    def tell(self, message: wire.Message) -> None:
        """Send a message that has no answer."""
        with self._lock:
            self._send(message)

    def call(self, message: wire.Message) -> wire.Answer:
        """Send a question and wait for its answer."""
        with self._lock:
            self._send(message)
            answer = self._source.readline()
        if not answer:
            sys.exit("the grader went away")
        return wire.Answer.model_validate_json(answer)

    def _send(self, message: wire.Message) -> None:
        self._sink.write(message.line())
        self._sink.flush()


def judge(brief: wire.Brief, line: Wire, folder: Path) -> wire.Message:
    """Run the checks of one lab against one image; the last message of the conversation."""
    for name, text in brief.sources.items():
        (folder / name).write_text(text)
    sys.path.insert(0, str(folder))
    plugin = JudgePlugin(
        brief,
        line.call,
        lambda title: line.tell(wire.Phase(phase="judging", note=title)),
    )
    status = run_pytest(folder / "test_acceptance.py", plugin, fixtures)
    if plugin.rejection is not None:
        return wire.Rejected(code=plugin.rejection.code, facts=plugin.rejection.facts)
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or plugin.broken:
        return wire.Broke(problem=plugin.broken or f"pytest ended with {status!r}")
    report = Report(checks=tuple(plugin.results), figures=tuple(plugin.figures.values()))
    return wire.Reported(report=report)


def run_pytest(file: Path, *plugins: object) -> int:
    """Run one file of checks, in its order, with nothing of the surroundings mixed in."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    options = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--assert=plain"]
    return pytest.main([*options, f"--rootdir={file.parent}", str(file)], plugins=list(plugins))


def rehearse(folder: Path) -> None:
    """Run a check that does nothing: the first session of a process is five times as slow."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "test_rehearsal.py"
    file.write_text("def test_nothing():\n    pass\n")
    run_pytest(file)


def main() -> None:
    """Keep the wire to ourselves: pytest and the checks get other descriptors."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    line = Wire(source, sink)
    folder = Path(os.environ.get("JUDGE_FOLDER", "/tmp/lab"))  # noqa: S108 - a tmpfs of our own
    rehearse(folder)
    first = source.readline()
    if not first:
        return  # the grader let a spare judge go
    try:
        line.tell(judge(wire.Brief.model_validate_json(first), line, folder))
    except Exception as error:  # noqa: BLE001 - the last line must be said, whatever broke
        line.tell(wire.Broke(problem=f"{type(error).__name__}: {error}"[:TEXT_CAP]))


if __name__ == "__main__":
    main()
