"""What an edition's file says about demos: what is shown, until when, which week is which.

Plain Python; people's rows come in as plain values.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

from lab_specs.edition import rules, syllabus
from lab_specs.edition.file import EditionFile, MiniProjectFile

WEEK = timedelta(days=7)
Week = Literal["calendar", "teaching"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Something that can be shown: a mini-project's demo, or one of its orals.

    `part` is the id of the mini-project, `item` that of the deliverable or mark. `minutes` are
    the shortest and longest that it may take, where the file says so.
    """

    part: str
    item: str
    title: str
    minutes: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Until when something must be shown, and the rule that says so; no `at`: no limit.

    `gap` is a setting that nobody has answered and on which the limit depends.
    """

    at: datetime | None = None
    rule: rules.OnTime | None = None
    gap: rules.SettingFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """An edition's file, sessions that moved (id: day), and answers to what it leaves open."""

    file: EditionFile
    held: Mapping[str, date] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def demos(self) -> syllabus.DemoRules | None:
        """The file's own part about demos."""
        return self.file.demos

    @property
    def resit(self) -> rules.Resit | None:
        """The rule of the second opportunity."""
        return next((each for each in self.file.rules if isinstance(each, rules.Resit)), None)

    def part(self, part: str) -> MiniProjectFile:
        """A mini-project of the file. KeyError when it is not there."""
        for each in self.file.mini_projects:
            if each.id == part:
                return each
        raise KeyError(part)

    def cites(self, limit: syllabus.Limit) -> tuple[str, ...]:
        """The rules that set a limit on demos."""
        if self.demos is None:
            return ()
        if limit == "once_per_part" and limit not in self.demos.because:
            once = [each.cite for each in self.file.rules if isinstance(each, rules.DemoOnce)]
            return once[0] if once else self.demos.cite
        return self.demos.because.get(limit, self.demos.cite)

    def occasions(self) -> list[Occasion]:
        """All that can be shown, in the order of the file."""
        return [each for part in self.file.mini_projects for each in self._occasions(part)]

    def occasion(self, part: str, item: str) -> Occasion | None:
        """One of them; None when the file knows no such thing."""
        found = (each for each in self.occasions() if (each.part, each.item) == (part, item))
        return next(found, None)

    def _occasions(self, part: MiniProjectFile) -> list[Occasion]:
        orals = [each for each in self.file.marks if each.form == "oral" and each.part == part.id]
        kinds = {"demo"} if orals else {"demo", "presentation"}
        found = [
            Occasion(
                part=part.id,
                item=each.id,
                title=f"{part.title}: {each.title}",
                minutes=each.minutes,
            )
            for each in part.deliverables
            if each.kind in kinds
        ]
        for oral in orals:
            length = (1, oral.minutes) if oral.minutes else None
            title = f"{part.title}: {oral.title}"
            found.append(Occasion(part=part.id, item=oral.id, title=title, minutes=length))
        # A file that names none can still have its work shown.
        return found or [Occasion(part=part.id, item="demo", title=part.title)]

    def value(self, what: object) -> Any:  # noqa: ANN401 - whatever the file leaves open
        """A value of the file, looked up where it is a setting; None for an open gap."""
        if not isinstance(what, rules.Ref):
            return what
        setting = self.setting(what)
        return self.answers.get(what.setting) if setting.value is None else setting.value

    def setting(self, ref: rules.Ref) -> rules.SettingFile:
        """The setting that a reference names."""
        return next(each for each in self.file.settings if each.id == ref.setting)

    def due(self, occasion: Occasion, *, tracks: Collection[str]) -> Due:
        """The earliest limit that a rule sets for people of these tracks ("": of none)."""
        dues = [
            self._limit(rule, occasion)
            for rule in self.file.rules
            if isinstance(rule, rules.OnTime)
            and any(_concerns(rule, occasion, track) for track in tracks)
        ]
        dated = [
            (each.at, each.gap is not None, number) for number, each in enumerate(dues) if each.at
        ]
        return dues[min(dated)[2]] if dated else Due()

    def _limit(self, rule: rules.OnTime, occasion: Occasion) -> Due:
        switch = True if rule.only_if is None else self.value(rule.only_if)
        if switch is False:
            return Due()
        part = self.part(occasion.part)
        own = next((each.due for each in part.deliverables if each.id == occasion.item), None)
        at = self.file.moment(own or part.deadline, self.held)
        gap = self.setting(rule.only_if) if rule.only_if and switch is None else None
        return Due(at=at, rule=rule, gap=gap)

    def local(self, moment: datetime) -> str:
        """A moment as the edition's people say it."""
        return f"{moment.astimezone(self.file.zone):%a %-d %b %Y, %H:%M}"

    def week_of(self, moment: datetime, kind: Week) -> date:
        """The first day of the week that a moment lies in, by the clock of the edition.

        Calendar weeks begin on Monday. Teaching weeks are seven days each, counted from the
        day on which the edition starts; without such a day they are calendar weeks.
        """
        day = moment.astimezone(self.file.zone).date()
        first = self.file.starts
        if kind == "calendar" or first is None:
            return day - timedelta(days=day.weekday())
        return day - timedelta(days=(day - first).days % WEEK.days)


def _concerns(rule: rules.OnTime, occasion: Occasion, track: str) -> bool:
    """Whether a rule about deadlines speaks of this occasion, for students of this track."""
    if occasion.item not in rule.needs or track in rule.not_for:
        return False
    parts, tracks = rule.parts, rule.tracks
    return (not parts or occasion.part in parts) and (not tracks or track in tracks)
