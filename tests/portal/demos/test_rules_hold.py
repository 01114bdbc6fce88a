"""What holds of every question about a slot, whatever was booked before."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.demos.offers import Booked, Kind, Offer, Status, Wish
from portal.demos.rules import why_closed
from portal.demos.terms import Terms
from tests.portal.demos.offering import file_of

NAMES = ("hogent-2024-25", "hogent-2025-26", "dtu-2023-01", "zhaw-fs2026", "upc-2023-24")
PEOPLE = st.frozensets(st.integers(1, 4), min_size=1)
SPANS = {name: file_of(name).starts or date(2026, 2, 16) for name in NAMES}


@st.composite
def moments(draw: st.DrawFn, name: str) -> datetime:
    first = datetime.combine(SPANS[name], datetime.min.time(), UTC)
    return first + timedelta(minutes=draw(st.integers(0, 150 * 24 * 60)))


@st.composite
def questions(draw: st.DrawFn) -> tuple[Offer, Wish, list[Booked], Terms, datetime]:
    name = draw(st.sampled_from(NAMES))
    file = file_of(name)
    answers = {
        each.id: draw(st.sampled_from(each.choices or (True, False)))
        for each in file.settings
        if each.kind in {"choice", "switch"} and draw(st.booleans())
    }
    sessions = [each for each in file.sessions if each.day]
    moved = draw(st.lists(st.sampled_from(sessions), max_size=3)) if sessions else []
    held = {s.id: s.day + timedelta(days=draw(st.integers(-20, 20))) for s in moved if s.day}
    terms = Terms(file=file, held=held, answers=answers)
    occasions = st.sampled_from(terms.occasions())
    tracks = st.sampled_from([each.id for each in file.tracks] or [""])
    shown = draw(occasions)
    offer = Offer(
        kind=draw(st.sampled_from(Kind)),
        starts_at=draw(moments(name)),
        minutes=draw(st.integers(1, 60)),
        taken=draw(st.integers(0, 1)),
        parts=draw(st.sampled_from([frozenset(), frozenset({shown.part}), frozenset({"x"})])),
    )
    people = draw(PEOPLE)
    wish = Wish(
        occasion=shown, people=people, team=people | draw(PEOPLE), tracks=frozenset({draw(tracks)})
    )
    booked = [
        Booked(
            kind=draw(st.sampled_from(Kind)),
            status=draw(st.sampled_from(Status)),
            part=each.part,
            item=each.item,
            starts_at=draw(moments(name)),
            minutes=draw(st.integers(0, 30)),
            people=draw(PEOPLE),
        )
        for each in draw(st.lists(occasions, max_size=5))
    ]
    return offer, wish, booked, terms, draw(moments(name))


@given(questions(), st.randoms())
@settings(max_examples=200, deadline=None)
def test_what_always_holds(
    question: tuple[Offer, Wish, list[Booked], Terms, datetime], dice: Random
) -> None:
    offer, wish, booked, terms, now = question
    reasons = why_closed(offer, wish, booked, terms, now=now)
    known = {cite for cite, _ in terms.file.cites()}
    known |= {cite for cites in _because(terms) for cite in cites}
    for reason in reasons:
        assert reason.says
        assert reason.todo
        assert set(reason.cites) <= known
    # the order of what was booked never matters, nor does what strangers booked
    shuffled = list(booked)
    dice.shuffle(shuffled)
    strangers = [replace(each, people=frozenset({99})) for each in booked]
    assert why_closed(offer, wish, shuffled + strangers, terms, now=now) == reasons
    # fewer bookings never close a slot
    for number in range(len(booked)):
        fewer = booked[:number] + booked[number + 1 :]
        left = why_closed(offer, wish, fewer, terms, now=now)
        assert bool(left) <= bool(reasons)
    # neither does more time, nor a rule that a lecturer lifts
    easier = replace(wish, until=datetime(2100, 1, 1, tzinfo=UTC), lifted=frozenset(known))
    assert {each.says for each in why_closed(offer, easier, booked, terms, now=now)} <= {
        each.says for each in reasons
    }
    # and cancelled bookings count for nothing
    live = [each for each in booked if each.status is not Status.CANCELLED]
    assert why_closed(offer, wish, live, terms, now=now) == reasons


def _because(terms: Terms) -> list[tuple[str, ...]]:
    return list(terms.demos.because.values()) if terms.demos else []


@given(st.sampled_from(NAMES), st.data())
@settings(max_examples=100, deadline=None)
def test_a_week_has_seven_days_on_the_clock(name: str, data: st.DataObject) -> None:
    terms = Terms(file=file_of(name))
    moment = data.draw(moments(name))
    for kind in ("calendar", "teaching"):
        first = terms.week_of(moment, kind)
        day = moment.astimezone(terms.file.zone).date()
        assert timedelta(0) <= day - first < timedelta(days=7)
        assert terms.week_of(moment + timedelta(days=8), kind) > first
