"""When something is due, for whom, and why. Pure: no rows, no clock.

A deadline is told by the clock on the wall of the edition, to the second, and its second still
belongs to it: what arrives at 23:59:59.9 is in time for 23:59:59.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lab_specs.edition.file import EditionFile, MiniProjectFile
from lab_specs.edition.rules import OnTime
from lab_specs.edition.syllabus import After, Session


@dataclass(frozen=True, slots=True)
class Moved:
    """A session is held on another day than the file says, for this reason."""

    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Longer:
    """A later deadline, with its reason. Empty `item`: for the whole mini-project."""

    until: datetime
    reason: str
    item: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline (UTC), or None, and why it is that one. `why` is empty for a plain date."""

    moment: datetime | None
    why: str = ""
    extended: bool = False


NEVER = Due(None)


def due(
    file: EditionFile,
    part: MiniProjectFile,
    item: str = "",
    *,
    moved: Mapping[str, Moved] | None = None,
    longer: Iterable[Longer] = (),
    tracks: Iterable[str] = (),
    answers: Mapping[str, Any] | None = None,
) -> Due:
    """When a deliverable is due, or (no `item`) the mini-project.

    `tracks`: those of the people whose work it is, "" for none. `longer`: the extensions that
    hold, at most one per item; the latest of those that concern the item counts, if it is later.
    `answers`: to settings that the file leaves open.
    """
    moved = moved or {}
    settings = {each.id: each.value for each in file.settings} | dict(answers or {})
    if freed := _freed(file, _rules(file, part, item), set(tracks), settings):
        return Due(None, freed)
    when = _written(file, part, item, moved)
    moment = file.moment(when, {name: each.on for name, each in moved.items()})
    ours = [each for each in longer if each.item in {"", item}]
    best = max(ours, key=lambda each: each.until, default=None)
    if moment is not None and best is not None and best.until > moment:
        told = _clock(file, best.until)
        return Due(best.until, f"extended until {told} because {best.reason}", extended=True)
    return Due(moment, _relative(file, when, moved))


def late(at: datetime, moment: datetime | None) -> bool:
    """Whether something came after its deadline; without one, nothing is late."""
    return moment is not None and to_second(at) > moment


def to_second(at: datetime) -> datetime:
    """The moment as a clock with seconds shows it: what is compared with a deadline."""
    return at.replace(microsecond=0)


def code_of(part: MiniProjectFile) -> str:
    """The deliverable that is handed in as a commit; "" when the file lists none."""
    return next((each.id for each in part.deliverables if each.kind == "code"), "")


def _written(
    file: EditionFile, part: MiniProjectFile, item: str, moved: Mapping[str, Moved]
) -> datetime | After | None:
    """What the file says. A mini-project without a deadline is due with the last of its items."""
    if item:
        own = next((each.due for each in part.deliverables if each.id == item), None)
        return part.deadline if own is None else own
    if part.deadline is not None:
        return part.deadline
    held = {name: each.on for name, each in moved.items()}
    whens = [
        (moment, n)
        for n, each in enumerate(part.deliverables)
        if (moment := file.moment(each.due, held))
    ]
    return part.deliverables[max(whens)[1]].due if whens else None


def _rules(file: EditionFile, part: MiniProjectFile, item: str) -> list[OnTime]:
    """The rules about being late with this item, or with any."""
    items = {item} if item else {each.id for each in part.deliverables}
    return [
        each
        for each in file.rules
        if isinstance(each, OnTime)
        and (part.id in each.parts if each.parts else part.counts)
        and items & set(each.needs)
    ]


def _freed(
    file: EditionFile, rules: Sequence[OnTime], tracks: set[str], settings: Mapping[str, Any]
) -> str:
    """Why people of these tracks have no deadline here, or ""."""
    if not any(rule.tracks or rule.not_for for rule in rules):
        return ""
    ours = [rule for rule in rules if any(_concerns(rule, track) for track in tracks)]
    if not tracks or any(_on(rule, settings) for rule in ours):
        return ""
    titles = {each.id: each.title for each in file.tracks}
    named = ", ".join(sorted(titles.get(each, each) for each in tracks if each)) or "you"
    undecided = [rule for rule in ours if _on(rule, settings) is None]
    cites = ", ".join(dict.fromkeys(cite for rule in undecided or rules for cite in rule.cite))
    if undecided:
        return f"whether a deadline holds for {named} is not decided yet ({cites})"
    return f"no deadline for {named} ({cites})"


def _on(rule: OnTime, settings: Mapping[str, Any]) -> bool | None:
    """Whether a rule holds; None while nobody has said so."""
    return settings.get(rule.only_if.setting) if rule.only_if else True


def _concerns(rule: OnTime, track: str) -> bool:
    return track not in rule.not_for and (not rule.tracks or track in rule.tracks)


def _relative(file: EditionFile, when: datetime | After | None, moved: Mapping[str, Moved]) -> str:
    if not isinstance(when, After):
        return ""
    session = session_of(file.sessions, when.session)
    days = {0: "on the day of", 1: "one day after"}.get(when.days, f"{when.days} days after")
    if when.session in moved:
        move = moved[when.session]
        return f"{days} “{session.title}”, which moved to {move.on:%a %-d %b} because {move.reason}"
    if session.day is None:
        return f"{days} “{session.title}”, which has no date yet"
    return f"{days} “{session.title}” ({session.day:%a %-d %b})"


def session_of(sessions: Sequence[Session], name: str) -> Session:
    """A session by its id."""
    return next(each for each in sessions if each.id == name)


def _clock(file: EditionFile, moment: datetime) -> str:
    return f"{moment.astimezone(file.zone):%a %-d %b, %H:%M}"
