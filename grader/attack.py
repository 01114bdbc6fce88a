"""A hostile repository, the end that is written for it, and what was not so.

Each is a folder with an `attack.yaml` and the files of a repository, or the name of a function
that makes one.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from grader.pipeline import LOG_GAP, LOG_HEAD, LOG_TAIL, Outcome
from grader.verify import failed_checks
from lab_specs.faults import FACT_CAP, Code
from lab_specs.loader import load_yaml
from lab_specs.report import TEXT_CAP, Verdict

FILE = "attack.yaml"
VICTIM = "victim"
LOG_CAP = LOG_HEAD + len(LOG_GAP) + LOG_TAIL
HANDED_OVER = 400_000  # characters of one outcome, whatever an attempt says
# What no page, terminal or database should get: controls but tab and newline, and half characters
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class Expected(BaseModel):
    """`attack.yaml`: what is tried, where, and how it must end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=10, description="what it tries, in words")
    lab: str
    verdict: Verdict
    code: Code | None = Field(None, description="the fault, of a rejected one")
    fails: frozenset[str] = Field(frozenset(), description="exactly these checks fail")
    seconds: float = Field(gt=0, le=300, description="it must have ended by then")
    held: str = Field(min_length=10, description="what holds it, one line")
    shows: tuple[str, ...] = Field((), description="words that the outcome must hold: it was tried")
    hides: tuple[str, ...] = Field((), description="words that it must not hold")
    decoys: bool = Field(False, description="aims at decoys, so it is tried by root alone")
    alone: bool = Field(
        False, description="no other attack runs beside it, as it strains the machine"
    )
    make: str = Field("", description="module.function beside the families that makes it")

    @model_validator(mode="after")
    def _ends_agree(self) -> Self:
        if (self.verdict is Verdict.REJECTED) != (self.code is not None):
            raise ValueError("code: a fault belongs to a rejected attempt, and to no other")
        if self.verdict is Verdict.CRASHED:
            raise ValueError("verdict: no attack may end as a fault of ours")
        if self.verdict is Verdict.FAILED and not self.fails:
            raise ValueError("fails: name the checks that must fail")
        return self


@dataclass(frozen=True)
class Attack:
    """One hostile repository."""

    name: str
    folder: Path
    expected: Expected

    @property
    def family(self) -> str:
        """What is aimed at: forging, build, run, fetch, portal."""
        return self.name.partition("/")[0]

    @property
    def victim(self) -> Self | None:
        """The repository that this one tries to harm, graded after it."""
        folder = self.folder / VICTIM
        if not (folder / FILE).exists():
            return None
        return type(self)(f"{self.name}/{VICTIM}", folder, load_yaml(folder / FILE, Expected))


@dataclass(frozen=True)
class Tried:
    """What came of an attack: it is held when nothing is wrong, unless it could not be tried."""

    attack: Attack
    seconds: float = 0.0
    outcome: Outcome | None = None
    wrong: Sequence[str] = field(default_factory=list)
    not_tried: str = ""
    mark: str = ""

    @property
    def held(self) -> bool:
        """Whether it was tried and came to its expected end, and left nothing."""
        return not self.wrong and not self.not_tried

    @property
    def came_to(self) -> str:
        """How it ended, in a few words."""
        if self.outcome is None:
            return "no end"
        failed = ", ".join(sorted(failed_checks(self.outcome)))
        return " ".join(filter(None, [self.outcome.verdict, self.outcome.code, failed]))


def load_attacks(folder: Path, names: Iterable[str] = ()) -> list[Attack]:
    """The attacks below `folder`, as family/name. Raises ValueError for an unknown name.

    A name may be that of a family, too.
    """
    found = {
        f"{path.parent.parent.name}/{path.parent.name}": path
        for path in sorted(folder.glob(f"*/*/{FILE}"))
    }
    wanted = list(names) or list(found)
    unknown = [one for one in wanted if not any(_is_named(name, one) for name in found)]
    if unknown or not found:
        raise ValueError(f"There is no attack {', '.join(unknown)} in {folder}.")
    return [
        Attack(name, path.parent, load_yaml(path, Expected))
        for name, path in found.items()
        if any(_is_named(name, one) for one in wanted)
    ]


def _is_named(name: str, wanted: str) -> bool:
    return wanted in (name, *name.split("/"))


def wrong_end(
    expected: Expected, outcome: Outcome, seconds: float, secrets: Iterable[str]
) -> list[str]:
    """What is not as it must be in the outcome of an attack."""
    wrong = []
    if (outcome.verdict, outcome.code) != (expected.verdict, expected.code):
        facts = json.dumps(dict(outcome.facts), default=str)[:300]
        wrong.append(f"it came to {outcome.verdict} {outcome.code or ''} {facts}")
    failed = failed_checks(outcome)
    if not wrong and failed != expected.fails:
        wrong.append(f"it fails {sorted(failed)}, not {sorted(expected.fails)}")
    if seconds > expected.seconds:
        wrong.append(f"it took {seconds:.1f} s, not {expected.seconds:g}")
    told = handed_over(outcome)
    wrong += [f"it does not say {word!r}" for word in expected.shows if word not in told]
    wrong += [f"it says {_around(word, told)!r}" for word in expected.hides if word in told]
    wrong += ["it tells a secret" for secret in secrets if secret in told]
    return wrong + untidy(outcome)


def untidy(outcome: Outcome) -> list[str]:
    """What of the outcome is larger or rawer than a page or a database should get."""
    wrong = []
    texts = list(_texts(dict(outcome.facts), FACT_CAP))
    for check in outcome.checks:
        texts += [
            (getattr(check, name), TEXT_CAP) for name in ("title", "expected", "actual", "hint")
        ]
    for text, cap in [*texts, (outcome.log, LOG_CAP)]:
        if len(text) > cap:
            wrong.append(f"it hands over a text of {len(text)} characters, not {cap}")
        if found := RAW.search(text):
            wrong.append(f"it hands over a raw {found[0]!r} in {text[:60]!r}")
    if len(handed_over(outcome)) > HANDED_OVER:
        wrong.append("it hands over too much")
    return wrong


def handed_over(outcome: Outcome) -> str:
    """All words of an outcome that reach the portal."""
    checks = [check.model_dump(mode="json") for check in outcome.checks]
    plain = [outcome.facts, outcome.levels, checks, outcome.provenance]
    return outcome.log + json.dumps(plain, ensure_ascii=False, default=str)


def _around(word: str, told: str) -> str:
    at = told.index(word)
    return told[at : at + 200]


def _texts(value: object, cap: int) -> Iterable[tuple[str, int]]:
    if isinstance(value, str):
        yield value, cap
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key), cap
            yield from _texts(item, cap)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, cap)
