"""Why a slot is closed to somebody. A pure function of what is known; no database, no clock.

Each reason names the rules that it comes from, says what is the matter and what to do.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from lab_specs.edition import rules
from portal.demos.offers import EXAM_PERIOD, SHOWN, Booked, Closed, Kind, Offer, Status, Wish
from portal.demos.terms import Terms, Week

LECTURER = "Ask your lecturer, who can make an exception and has to say why."


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that one question is about. `booked`: what these people have, cancelled left out."""

    offer: Offer
    wish: Wish
    booked: Sequence[Booked]
    terms: Terms
    now: datetime


def why_closed(
    offer: Offer, wish: Wish, booked: Iterable[Booked], terms: Terms, *, now: datetime
) -> tuple[Closed, ...]:
    """The reasons why these people cannot take this slot; none when they can."""
    own = [
        each
        for each in booked
        if each.people & (wish.people | wish.team) and each.status is not Status.CANCELLED
    ]
    own.sort(key=lambda each: (each.starts_at, each.part, each.item, each.kind))
    case = Case(offer=offer, wish=wish, booked=own, terms=terms, now=now)
    return tuple(
        reason
        for check in CHECKS
        for reason in check(case)
        if not wish.lifted.intersection(reason.cites)
    )


def _there(case: Case) -> Iterator[Closed]:
    """Whether the slot can be had at all."""
    offer = case.offer
    if offer.withdrawn:
        says = "Your lecturer took this slot back."
        yield Closed(says=says, todo="Choose another one.", hard=True)
    elif offer.starts_at <= case.now and offer.kind is not Kind.VIDEO:
        yield Closed(says="It has begun already.", todo="Choose a later one.", hard=True)
    elif offer.taken >= offer.capacity:
        todo = "Join its waiting list: whoever is first moves up when somebody cancels."
        yield Closed(says="Somebody has taken it.", todo=todo, full=True, hard=True)


def _meant_for_you(case: Case) -> Iterator[Closed]:
    """The lecturer published it for some tracks, or some work, only."""
    offer, wish = case.offer, case.wish
    if offer.tracks and not offer.tracks & wish.tracks:
        titles = {each.id: each.title for each in case.terms.file.tracks}
        names = ", ".join(sorted(titles.get(each, each) for each in offer.tracks))
        yield Closed(says=f"It is for {names}.", todo="Choose one for your own group.")
    parts = offer.parts and wish.occasion.part not in offer.parts
    if parts or offer.item not in {"", wish.occasion.item}:
        todo = "Choose a slot that names this work, or none."
        yield Closed(says="It is for other work.", todo=todo)


def _way(case: Case) -> Iterator[Closed]:
    """The edition says in which ways work is shown."""
    demos, kind = case.terms.demos, case.offer.kind
    if demos is None or kind is Kind.RESIT or kind.value in set(demos.ways):
        return
    ways = ", ".join(demos.ways)
    yield Closed(
        cites=case.terms.cites("ways"),
        says=f"Work is not shown by way of “{kind}” here, but: {ways}.",
        todo="Choose another way.",
    )


def _once(case: Case) -> Iterator[Closed]:
    """What was shown is not shown again; a second booking of the same is none either."""
    same = (case.wish.occasion.part, case.wish.occasion.item)
    resit = case.offer.kind is Kind.RESIT
    own = [
        each
        for each in case.booked
        if (each.part, each.item) == same and (each.kind is Kind.RESIT) is resit
    ]
    coming = [each for each in own if each.status is Status.BOOKED]
    done = [each for each in own if each.status is Status.HELD]
    once = case.terms.demos is not None and case.terms.demos.once_per_part
    cites = case.terms.cites("once_per_part") if once else ()
    for each in coming[:1]:
        at = case.terms.local(each.starts_at)
        todo = "Cancel that booking first if you would rather have this slot."
        yield Closed(cites=cites, says=f"You are booked for this on {at}.", todo=todo)
    for each in done[:1] if once else ():
        at = case.terms.local(each.starts_at)
        says = f"This was shown on {at}, and it is shown only once."
        yield Closed(cites=cites, says=says, todo=LECTURER)


def _weekly(case: Case) -> Iterator[Closed]:
    """So many demos a week. The exam period has limits of its own."""
    demos, terms = case.terms.demos, case.terms
    if demos is None or demos.per_week is None or case.offer.kind in EXAM_PERIOD:
        return
    full: dict[Week, bool] = {}
    for kind in get_args(Week):
        week = terms.week_of(case.offer.starts_at, kind)
        taken = [each for each in _in_semester(case) if terms.week_of(each.starts_at, kind) == week]
        full[kind] = len(taken) >= demos.per_week
    which: Week | None = "calendar" if demos.week is None else terms.value(demos.week)
    cites = terms.cites("per_week")
    if which is None and any(full.values()) and not all(full.values()):
        yield _gap(terms, demos.week, cites)
    elif full[which] if which else all(full.values()):
        times = "one demo" if demos.per_week == 1 else f"{demos.per_week} demos"
        says = f"At most {times} a week, and you have that in this week already."
        yield Closed(cites=cites, says=says, todo="Choose a slot in another week.")


def _in_semester(case: Case) -> list[Booked]:
    return [each for each in case.booked if each.kind not in EXAM_PERIOD and each.status in SHOWN]


def _in_time(case: Case) -> Iterator[Closed]:
    """So many days after the session, unless the track has no limit, or there is more time."""
    offer, wish, terms = case.offer, case.wish, case.terms
    due = terms.due(wish.occasion, tracks=wish.tracks)
    if offer.kind is Kind.RESIT or due.at is None or due.rule is None:
        return
    until = max(due.at, wish.until) if wish.until else due.at
    if offer.starts_at <= until:
        return
    allowed = terms.value(due.rule.exam_period) if offer.kind is Kind.EXAM else False
    if allowed is True:
        return
    if due.gap is not None:
        yield _asked(due.gap, due.rule.cite)
    elif allowed is None:
        yield _gap(terms, due.rule.exam_period, due.rule.cite)
    else:
        says = f"It must be shown by {terms.local(until)}, and this slot is later."
        yield Closed(cites=due.rule.cite, says=says, todo=f"Choose an earlier one. {LECTURER}")


def _length(case: Case) -> Iterator[Closed]:
    """Too long or too short for what is shown."""
    demos, offer, terms = case.terms.demos, case.offer, case.terms
    if offer.kind is Kind.VIDEO:
        return
    if demos and demos.most_minutes and offer.minutes > demos.most_minutes:
        says = f"It lasts {offer.minutes} minutes, and a demo takes {demos.most_minutes} at most."
        todo = "Tell your lecturer: slots of this length cannot be used."
        yield Closed(cites=terms.cites("most_minutes"), says=says, todo=todo)
    least, most = case.wish.occasion.minutes or (0, offer.minutes)
    if not least <= offer.minutes <= most:
        says = f"It lasts {offer.minutes} minutes, and this takes {least} to {most}."
        yield Closed(says=says, todo="Choose a slot of that length.")


def _everybody(case: Case) -> Iterator[Closed]:
    """An oral of a team needs all of it."""
    demos, missing = case.terms.demos, len(case.wish.team - case.wish.people)
    if demos is not None and demos.whole_team and missing:
        says = f"All of the team must be there, and {missing} of you would not."
        cites = case.terms.cites("whole_team")
        yield Closed(cites=cites, says=says, todo="Find a slot for all of you.")


def _elsewhere(case: Case) -> Iterator[Closed]:
    """Nobody can be in two places at once."""
    offer = case.offer
    if offer.kind is Kind.VIDEO:
        return
    for each in case.booked:
        if each.status is not Status.BOOKED or each.kind is Kind.VIDEO:
            continue
        if each.starts_at < offer.ends_at and offer.starts_at < each.ends_at:
            says = f"One of you is booked elsewhere at {case.terms.local(each.starts_at)}."
            yield Closed(says=says, todo="Choose another time, or cancel the other one first.")
            return


def _exam_period(case: Case) -> Iterator[Closed]:
    """All demos of the exam period together take so many minutes."""
    demos = case.terms.demos
    if case.offer.kind is not Kind.EXAM or demos is None or demos.exam_minutes is None:
        return
    yield from _fits(case, demos.exam_minutes, case.terms.cites("exam_minutes"))


def _fits(case: Case, most: int, cites: tuple[str, ...]) -> Iterator[Closed]:
    kind = case.offer.kind
    taken = sum(each.minutes for each in case.booked if each.kind is kind and each.status in SHOWN)
    if taken + case.offer.minutes > most:
        says = (
            f"In the exam period you have {most} minutes for everything; {taken} are taken,"
            f" and this would take {case.offer.minutes} more."
        )
        yield Closed(cites=cites, says=says, todo="Choose a shorter slot, or ask your lecturer.")


def _second_opportunity(case: Case) -> Iterator[Closed]:
    """A resit: whether there is one, until when it is arranged, how much of it is live."""
    if case.offer.kind is not Kind.RESIT:
        return
    rule, terms = case.terms.resit, case.terms
    allowed = terms.value(rule.allowed) if rule else False
    if rule is None or allowed is False:
        says = "This course has no second opportunity."
        yield Closed(cites=rule.cite if rule else (), says=says, todo=LECTURER)
        return
    if allowed is None:
        yield _gap(terms, rule.allowed, rule.cite)
    days = [rule.until.get(track, rule.until.get("all", "")) for track in case.wish.tracks]
    ends = [terms.file.end_of(terms.file.dates.get(day)) for day in days]
    last = min((end for end in ends if end), default=None)
    if last is not None and case.now > last:
        says = f"It had to be arranged by {terms.local(last)}."
        yield Closed(cites=rule.cite, says=says, todo=LECTURER)
    live = {each.part for each in case.booked if each.kind is Kind.RESIT and each.status in SHOWN}
    if rule.live is not None and len(live | {case.wish.occasion.part}) > rule.live:
        says = f"At most {rule.live} are shown live at a resit."
        yield Closed(cites=rule.cite, says=says, todo="Send a video for this one.")
    if rule.minutes is not None:
        yield from _fits(case, rule.minutes, rule.cite)


def _gap(terms: Terms, what: object, cites: tuple[str, ...]) -> Closed:
    """Nobody guesses what the course leaves open."""
    if not isinstance(what, rules.Ref):
        raise TypeError("only a setting can be open")
    return _asked(terms.setting(what), cites)


def _asked(setting: rules.SettingFile, cites: tuple[str, ...]) -> Closed:
    says = f"This depends on something that nobody has decided yet: {setting.asks}"
    return Closed(cites=cites, says=says, todo=f"{setting.who} can settle it; ask them.")


CHECKS: tuple[Callable[[Case], Iterator[Closed]], ...] = (
    _there,
    _meant_for_you,
    _way,
    _once,
    _weekly,
    _in_time,
    _length,
    _everybody,
    _elsewhere,
    _exam_period,
    _second_opportunity,
)
Reasons = tuple[Closed, ...]
Answer = Literal["open", "waiting", "closed"]


def answer(reasons: Reasons) -> Answer:
    """Whether one can book, join the waiting list, or neither."""
    if not reasons:
        return "open"
    return "waiting" if all(each.full for each in reasons) else "closed"
