"""`python -m grader check …`: the portal's own pipeline on a laptop, without a database."""

import argparse
import json
import re
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.docker_engine import DockerEngine
from grader.fetch import resolve
from grader.job import Job
from grader.judges import JudgePool
from grader.pipeline import Grader, Outcome, fetch_policy
from grader.settings import ROOT, GraderSettings
from grader.siege import attack
from grader.solutions import git
from grader.verify import PUBLIC_SEED, verify
from lab_specs.faults import Fault
from lab_specs.loader import load_lab
from lab_specs.messages import explain, last_lines
from lab_specs.report import Outcome as CheckOutcome
from lab_specs.report import Verdict
from lab_specs.schema import LabSpec

EXIT = {Verdict.PASSED: 0, Verdict.FAILED: 1, Verdict.REJECTED: 2, Verdict.CRASHED: 3}
HOSTILE = ROOT / "tests" / "hostile"
REPEATS_CAP = 100
USAGE = 64  # sysexits.h: EX_USAGE
err = Console(stderr=True, highlight=False)


class Parser(argparse.ArgumentParser):
    """Wrong words on the command line end with the exit code that the contract names."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how it would be right."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


class Screen:
    """Tells a person at a terminal what goes on; says nothing on standard output."""

    def __init__(self) -> None:
        self._shown = 0

    def phase(self, name: str) -> None:
        """A phase begins."""
        err.print(f"[bold]{name}[/]")

    def log(self, text: str) -> None:
        """Show the newest line."""
        line = text.rstrip("\n").rsplit("\n", 1)[-1]
        err.print(Text(f"  {line}"), style="dim", overflow="ellipsis", no_wrap=True)

    def note(self, text: str) -> None:
        """Show what is checked."""
        err.print(Text(f"  {text}"))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    options = _parser().parse_args(argv)
    settings = GraderSettings()
    try:
        if options.command == "attack":
            return attack(options.name, options.folder, settings)
        wanted = options.lab if options.command == "verify" else [options.lab]
        labs = _labs(wanted, settings)
        if options.command == "verify":
            return verify(labs, settings, only=options.variant, repeats=options.repeat)
    except ValueError as error:  # of a lab, or of the solutions that prove it
        err.print(Text(str(error)))
        return USAGE
    except Fault as fault:
        err.print(Text(explain(fault.code, fault.facts).happened))
        return EXIT[Verdict.CRASHED]
    return check(options, labs[0], settings)


def check(options: argparse.Namespace, lab: LabSpec, settings: GraderSettings) -> int:
    """Grade one repository with a public seed."""
    repository, settings = _repository(options.repository, settings)
    try:
        found = resolve(repository, options.ref, fetch_policy(settings))
        engine = DockerEngine()
    except Fault as fault:
        verdict = Verdict.REJECTED if fault.is_students else Verdict.CRASHED
        outcome = Outcome(verdict=verdict, code=fault.code, facts=fault.facts)
        return _show(outcome, lab, as_json=options.json)
    job = Job(
        attempt=f"laptop-{time.time_ns()}",
        lab=lab.id,
        repository=repository,
        commit=found.commit,
        context=options.context,
        dockerfile=options.dockerfile,
        seed=PUBLIC_SEED,
        seed_name=f"public {PUBLIC_SEED}",
    )
    judges = JudgePool(engine, settings.judge_image, spares=0, labels={})
    settings = settings.model_copy(update={"concurrency": 1})
    try:
        outcome = Grader(engine, judges, settings).grade(job, lab, Screen())
    finally:
        judges.close()
    return _show(outcome, lab, as_json=options.json)


def as_plain(outcome: Outcome) -> dict[str, Any]:
    """The one object that `--json` prints."""
    said = explain(outcome.code, outcome.facts) if outcome.code else None
    return {
        "verdict": outcome.verdict,
        "fault": said and {"code": outcome.code, "facts": dict(outcome.facts), **asdict(said)},
        "commit": outcome.provenance.get("commit"),
        "levels": dict(outcome.levels),
        "checks": [check.model_dump(mode="json") for check in outcome.checks],
        "figures": [figure.model_dump(mode="json") for figure in outcome.figures],
        "phases": list(outcome.phases),
        "provenance": dict(outcome.provenance),
    }


def _show(outcome: Outcome, lab: LabSpec, *, as_json: bool) -> int:
    if as_json:
        sys.stdout.write(json.dumps(as_plain(outcome)) + "\n")
    if outcome.code:
        said = explain(outcome.code, outcome.facts)
        err.print(Text(f"\n{said.happened}\nExpected: {said.expected}\nNext: {said.next_step}"))
        problem = (
            str(outcome.facts.get("problem", "")) if outcome.verdict is Verdict.CRASHED else ""
        )
        err.print(Text(problem + last_lines(outcome.facts)), style="dim")
    if outcome.checks:
        err.print(_table(outcome, lab))
    if outcome.figures:
        shown = ", ".join(figure.title for figure in outcome.figures)
        err.print(Text(f"\nFigures, which --json prints: {shown}"))
    err.print(f"\nVerdict: [bold]{outcome.verdict}[/]")
    return EXIT[outcome.verdict]


def _table(outcome: Outcome, lab: LabSpec) -> Table:
    table = Table("", "check", "level", "what happened and what to do", title=lab.file.title)
    for check in outcome.checks:
        said = ""
        if check.outcome is not CheckOutcome.PASSED:
            expected = f"expected {check.expected}; got " if check.expected else ""
            said = f"{expected}{check.actual}. {check.hint}"
        mark = {"passed": "✔", "failed": "✘", "skipped": "-", "error": "!"}[check.outcome]
        table.add_row(mark, Text(check.title), Text(check.level), Text(said))
    for criterion, level in outcome.levels.items():
        table.add_row("", Text(criterion, style="bold"), Text(level, style="bold"), "")
    return table


def _labs(names: Sequence[str], settings: GraderSettings) -> list[LabSpec]:
    """The labs of these names, all when there are none. Raises ValueError, in words.

    A lab that nobody asked for may be broken.
    """
    folders = {
        path.parent.name: path.parent
        for shelf in reversed(settings.shelf)  # the first folder wins, as it does in a worker
        for path in sorted(shelf.glob("*/lab.yaml"))
    }
    unknown = [name for name in names if name not in folders]
    if unknown or not folders:
        seen = ", ".join(sorted(folders)) or "nothing"
        raise ValueError(f"There is no lab {', '.join(unknown)}. On the shelf: {seen}.")
    return [load_lab(folders[name]) for name in names or sorted(folders)]


def _repository(given: str, settings: GraderSettings) -> tuple[str, GraderSettings]:
    """A folder on this machine is taken as a local repository, by its last commit."""
    if re.match(r"^[a-z+]+:", given):
        return given, settings
    folder = Path(given).resolve()
    with suppress(ValueError):  # no repository: looking it up says so
        if git(folder, "status", "--porcelain", "--untracked-files=no"):
            err.print("The last commit is checked. Changes that are not committed are left out.")
    return folder.as_uri(), settings.model_copy(update={"local_repositories": folder})


def _count(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= REPEATS_CAP):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 to {REPEATS_CAP}")
    return int(text)


def _parser() -> Parser:
    parser = Parser(prog="python -m grader", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    one = commands.add_parser("check", help="grade one repository")
    one.add_argument("repository", help="a folder with a git repository, or a link")
    one.add_argument("--lab", required=True)
    one.add_argument("--ref", default="", help="branch, tag or commit; default: what HEAD names")
    one.add_argument("--context", default=".", help="folder that the image is built from")
    one.add_argument("--dockerfile", default="", help="its path; default: <context>/Dockerfile")
    one.add_argument("--json", action="store_true", help="print one JSON object")
    proof = commands.add_parser("verify", help="prove labs by their solutions and broken variants")
    proof.add_argument("lab", nargs="*", help="labs to prove; default: all")
    proof.add_argument("--variant", action="append", default=[], help="only it; may be repeated")
    proof.add_argument(
        "--repeat", type=_count, default=1, help="so many times, each with other hidden data"
    )
    siege = commands.add_parser("attack", help="try hostile repositories; all must be held")
    siege.add_argument("name", nargs="*", help="attacks or families of them; default: all")
    siege.add_argument("--folder", type=Path, default=HOSTILE, help="where they lie")
    return parser


if __name__ == "__main__":
    # Whoever ends it, by a key or by a signal: what it started goes first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
