"""The facts of one student beside the rules: what the single rules ask of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from lab_specs.edition import rules
from lab_specs.edition.file import MiniProjectFile
from portal.assessment.policy import facts
from portal.assessment.policy.facts import Fact
from portal.assessment.policy.policy import Policy
from portal.assessment.policy.results import Effect, Gap, Reason

F = TypeVar("F", bound=Fact)
Handed = facts.Delivered | facts.Demonstrated
DECIDING = (rules.EveryCriterion, rules.Count, rules.Average, rules.Adjust)


@dataclass(frozen=True, slots=True)
class Case:
    """One student in one edition at one moment."""

    policy: Policy
    index: Mapping[tuple[type[Fact], str], list[Any]]  # kind and part ("": all) to facts
    as_of: datetime

    @classmethod
    def over(cls, policy: Policy, given: tuple[Fact, ...], as_of: datetime) -> "Case":
        """A case over these facts, which must be in order."""
        index: dict[tuple[type[Fact], str], list[Any]] = {}
        for fact in given:
            for part in {"", getattr(fact, "part", "")}:
                index.setdefault((type(fact), part), []).append(fact)
        return cls(policy, index, as_of)

    def of(self, kind: type[F], part: str = "", **wanted: str) -> list[F]:
        """The facts of a kind, of one mini-project if named, that carry these values."""
        found: list[F] = self.index.get((kind, part), [])
        if not wanted:
            return [*found]
        return [
            fact for fact in found if all(getattr(fact, n) == value for n, value in wanted.items())
        ]

    @property
    def track(self) -> facts.OnTrack | None:
        """The student's track."""
        found = self.of(facts.OnTrack)
        return found[0] if found else None

    def concerns(self, rule: rules.Rule) -> bool:
        """Whether the rule speaks of students of this track."""
        name = self.track.track if self.track else ""
        return name not in rule.not_for and (not rule.tracks or name in rule.tracks)

    def decides(self, part: MiniProjectFile) -> bool:
        """Whether levels on this mini-project matter to any rule."""
        found = [rule for rule in self.policy.edition.rules if isinstance(rule, DECIDING)]
        return any(self.policy.speaks_of(rule, part) for rule in found)

    def lifted(self, rule: rules.Rule, part: str = "") -> facts.Overridden | None:
        """A lecturer's override of this rule, here or everywhere."""
        if not rule.overridable:
            return None
        found = [each for each in self.of(facts.Overridden) if each.rule in rule.cite]
        return next((each for each in found if each.part in {"", part}), None)

    def due(self, part: MiniProjectFile, item: str) -> tuple[datetime | None, tuple[Fact, ...]]:
        """When an item must be there at the latest, and the facts that moved that moment."""
        own = next((each.due for each in part.deliverables if each.id == item), None)
        when = own if own is not None else part.deadline
        held = [
            each for each in self.of(facts.Held) if each.session == getattr(when, "session", "")
        ]
        due = self.policy.edition.moment(when, {each.session: each.on for each in held})
        longer = [each for each in self.of(facts.Extended, part=part.id) if each.item in {"", item}]
        best = max(longer, key=lambda each: each.until, default=None)
        if due is not None and best is not None and best.until > due:
            return best.until, (best,)
        return due, tuple(held)

    def handed(self, part: str, item: str) -> Handed | None:
        """The earliest time that an item was there."""
        found: list[Handed] = [
            *self.of(facts.Delivered, part=part, item=item),
            *self.of(facts.Demonstrated, part=part, item=item),
        ]
        return min(found, key=lambda each: each.at, default=None)

    @property
    def ended(self) -> bool:
        """Whether the edition is over, so that nothing is awaited any more."""
        last = self.policy.edition.end_of(self.policy.edition.ends)
        return last is not None and self.as_of > last

    def value(self, wanted: Any) -> Any:  # noqa: ANN401 - by the setting's kind
        """What a rule's field holds; None while it is a gap."""
        if isinstance(wanted, rules.Ref):
            return self.policy.setting_file(wanted.setting).value
        return wanted

    def gap(self, name: str, because: str = "", **more: Any) -> Reason:  # noqa: ANN401
        """The reason that a missing setting withholds the result."""
        setting = self.policy.setting_file(name)
        says = f"The course's documents leave open: {setting.asks}"
        return Reason(
            cites=setting.cite,
            effect=Effect.WITHHOLDS,
            says=f"{because} {says}".strip(),
            to_change=f"{setting.who} can set it: {setting.id}",
            gap=Gap(name=setting.id, asks=setting.asks, who=setting.who),
            **more,
        )

    def local(self, moment: datetime) -> str:
        """A moment as the edition's clock on the wall shows it."""
        return moment.astimezone(self.policy.edition.zone).strftime("%Y-%m-%d %H:%M:%S %Z")
