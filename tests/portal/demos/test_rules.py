"""When a slot is closed to somebody, and why, in the words of real editions."""

from datetime import date, timedelta

import pytest

from portal.demos.offers import Kind, Status
from portal.demos.rules import answer
from portal.demos.terms import Occasion
from tests.portal.demos.offering import (
    ALICE,
    BOB,
    NOW,
    asked,
    booked,
    cited,
    local,
    offer,
    terms,
    wish,
)

FIRST = local(2024, 10, 1)  # a Tuesday, in time for module 1 (session 23 September)


def test_a_slot_in_time_is_open() -> None:
    assert asked(offer(FIRST)) == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"withdrawn": True}, "took this slot back"),
        ({"taken": 1}, "taken"),
        ({"tracks": frozenset({"tiao"})}, "TIAO (distance learning)"),
        ({"parts": frozenset({"edge"})}, "other work"),
        ({"item": "viva"}, "other work"),
    ],
)
def test_a_slot_that_is_not_for_you_says_why(change: dict[str, object], says: str) -> None:
    (reason,) = asked(offer(FIRST, **change))
    assert says in reason.says
    assert reason.cites == ()


def test_what_has_begun_is_closed() -> None:
    assert cited(asked(offer(NOW), now=NOW)) == [""]
    assert asked(offer(NOW + timedelta(seconds=1)), now=NOW) == ()


def test_only_a_full_slot_has_a_waiting_list() -> None:
    assert answer(()) == "open"
    assert answer(asked(offer(FIRST, taken=1))) == "waiting"
    assert answer(asked(offer(FIRST, taken=1), booked(FIRST + timedelta(days=14)))) == "closed"


@pytest.mark.rule("HOG-20")
def test_a_lab_is_shown_once() -> None:
    shown = booked(local(2024, 9, 24), status=Status.HELD)
    (reason,) = asked(offer(FIRST), shown)
    assert reason.cites == ("HOG-20",)
    assert "only once" in reason.says
    assert asked(offer(FIRST), booked(local(2024, 9, 24), "ci-cd", status=Status.HELD)) == ()


@pytest.mark.rule("HOG-20")
def test_who_was_absent_or_cancelled_has_shown_nothing() -> None:
    for status in (Status.ABSENT, Status.CANCELLED):
        assert asked(offer(FIRST), booked(local(2024, 9, 24), status=status)) == ()


@pytest.mark.rule("HOG-20")
def test_a_lecturer_can_lift_a_rule_for_somebody() -> None:
    shown = booked(local(2024, 9, 24), status=Status.HELD)
    assert asked(offer(FIRST), shown, by=wish(lifted=frozenset({"HOG-20"}))) == ()
    assert asked(offer(FIRST), shown, by=wish(lifted=frozenset({"HOG-21"}))) != ()


@pytest.mark.rule("HOG-21")
def test_a_lab_is_shown_within_three_weeks_of_its_session() -> None:
    last = local(2024, 10, 14, 23, 59)
    assert asked(offer(last)) == ()
    (reason,) = asked(offer(last + timedelta(minutes=1)))
    assert reason.cites == ("HOG-21",)
    assert "Mon 14 Oct 2024, 23:59" in reason.says


@pytest.mark.rule("HOG-21")
def test_three_weeks_are_counted_on_the_clock_when_summer_time_ends() -> None:
    """From 14 October to 4 November: one day of them has 25 hours."""
    workflow = wish("workflow")
    last = local(2024, 11, 4, 23, 59)
    assert asked(offer(last), by=workflow) == ()
    assert cited(asked(offer(last + timedelta(minutes=1)), by=workflow)) == ["HOG-21"]


@pytest.mark.rule("HOG-15")
@pytest.mark.rule("HOG-21")
def test_a_session_that_moves_takes_the_limit_with_it() -> None:
    late = offer(local(2024, 10, 16))
    assert cited(asked(late)) == ["HOG-21"]
    assert asked(late, to=terms(held={"m1": date(2024, 9, 25)})) == ()
    assert cited(asked(offer(FIRST), to=terms(held={"m1": date(2024, 9, 9)}))) == ["HOG-21"]


@pytest.mark.rule("HOG-21")
def test_an_extension_gives_more_time() -> None:
    late = offer(local(2024, 10, 16))
    assert asked(late, by=wish(until=local(2024, 10, 16))) == ()
    assert cited(asked(late, by=wish(until=local(2024, 10, 15)))) == ["HOG-21"]


@pytest.mark.rule("HOG-22")
def test_distance_students_have_no_deadline() -> None:
    assert asked(offer(local(2025, 1, 20)), by=wish(tracks=frozenset({"tiao"}))) == ()


@pytest.mark.rule("HOG-23")
@pytest.mark.parametrize("week", ["calendar", "teaching"])
def test_one_demo_a_week(week: str) -> None:
    """The edition starts on a Monday, so both kinds of week agree."""
    other = booked(local(2024, 9, 30), "ci-cd")
    to = terms(demo_week=week)
    (reason,) = asked(offer(local(2024, 10, 6, 23)), other, to=to)
    assert reason.cites == ("HOG-23",)
    assert asked(offer(local(2024, 10, 7, 0)), other, to=to) == ()


@pytest.mark.rule("HOG-23")
def test_a_video_is_a_demo_of_its_week() -> None:
    sent = booked(local(2024, 9, 30), "ci-cd", kind=Kind.VIDEO, status=Status.HELD, minutes=0)
    assert cited(asked(offer(FIRST), sent)) == ["HOG-23"]


@pytest.mark.rule("HOG-23")
def test_nobody_guesses_which_week_is_meant() -> None:
    """An edition that starts on a Wednesday: the two kinds of week differ."""
    file = terms().file.model_copy(update={"starts": date(2024, 9, 25)})
    other = booked(local(2024, 9, 30), "ci-cd")  # a Monday

    def closed(day: int, **answers: str) -> list[str]:
        to = type(terms())(file=file, answers=answers)
        return cited(asked(offer(local(2024, 10, day)), other, to=to))

    assert closed(2, demo_week="calendar") == ["HOG-23"]
    assert closed(2, demo_week="teaching") == []
    assert closed(1) == ["HOG-23"]  # the same week, however one counts
    assert closed(9) == []
    (gap,) = asked(offer(local(2024, 10, 2)), other, to=type(terms())(file=file))
    assert "Which week" in gap.says
    assert gap.todo == "The lecturers can settle it; ask them."


@pytest.mark.rule("HOG-24")
@pytest.mark.rule("HOG-36")
def test_an_edition_says_in_which_ways_work_is_shown() -> None:
    call = offer(FIRST, kind=Kind.CALL)
    assert asked(call) == ()
    dtu = terms("dtu-2023-01")
    oral = Occasion(part="project", item="oral", title="Oral", minutes=(5, 7))
    video = offer(local(2023, 1, 20), kind=Kind.VIDEO, minutes=0)
    now = local(2023, 1, 20, 8)
    assert cited(asked(video, by=wish(occasion=oral), to=dtu, now=now)) == ["DTU-15"]


@pytest.mark.rule("DTU-15")
@pytest.mark.parametrize(("minutes", "open_"), [(4, False), (5, True), (7, True), (8, False)])
def test_an_oral_takes_five_to_seven_minutes(minutes: int, open_: bool) -> None:
    oral = Occasion(part="project", item="oral", title="Oral", minutes=(5, 7))
    slot = offer(local(2023, 1, 20), minutes=minutes)
    now = local(2023, 1, 19)
    reasons = asked(slot, by=wish(occasion=oral), to=terms("dtu-2023-01"), now=now)
    assert (not reasons) is open_
    assert not reasons or reasons[0].todo


@pytest.mark.rule("DTU-15")
def test_an_oral_of_a_team_needs_all_of_it() -> None:
    oral = Occasion(part="project", item="oral", title="Oral", minutes=(5, 7))
    dtu, now, slot = terms("dtu-2023-01"), local(2023, 1, 19), offer(local(2023, 1, 20), minutes=7)
    alone = wish(occasion=oral, team=frozenset({ALICE, BOB}))
    assert cited(asked(slot, by=alone, to=dtu, now=now)) == ["DTU-15"]
    both = wish(occasion=oral, team=frozenset({ALICE, BOB}), people=frozenset({ALICE, BOB}))
    assert asked(slot, by=both, to=dtu, now=now) == ()


@pytest.mark.rule("HOG25-3")
def test_the_next_edition_allows_fifteen_minutes() -> None:
    now, at = local(2025, 9, 22), local(2025, 9, 30)
    to = terms("hogent-2025-26")
    assert asked(offer(at, minutes=15), to=to, now=now) == ()
    reasons = asked(offer(at, minutes=16), to=to, now=now)
    assert cited(reasons)[0] == "HOG25-3"
    assert asked(offer(FIRST, minutes=16)) == ()  # the edition before knows no such limit


@pytest.mark.rule("HOG-42")
def test_after_the_deadline_the_exam_period_is_for_whoever_decides_to_say() -> None:
    late = offer(local(2025, 1, 20), kind=Kind.EXAM)
    assert asked(late, to=terms(exam_demo=True)) == ()
    assert cited(asked(late, to=terms(exam_demo=False))) == ["HOG-21"]
    (gap,) = asked(late)
    assert gap.cites == ("HOG-21",)
    assert "exam period" in gap.says


@pytest.mark.rule("HOG25-6")
def test_the_next_edition_shows_no_late_lab_in_the_exam_period() -> None:
    late = offer(local(2026, 1, 20), kind=Kind.EXAM)
    now = local(2026, 1, 10)
    assert cited(asked(late, to=terms("hogent-2025-26"), now=now)) == ["HOG25-6"]


@pytest.mark.rule("HOG-33")
def test_the_exam_period_has_twenty_minutes_for_everything() -> None:
    to = terms(exam_demo=True)
    before = [
        booked(local(2025, 1, 20, 9), "ci-cd", kind=Kind.EXAM),
        booked(local(2025, 1, 20, 9, 10), "edge", kind=Kind.EXAM, minutes=4),
    ]
    at = local(2025, 1, 20, 9, 30)
    assert asked(offer(at, kind=Kind.EXAM, minutes=6), *before, to=to) == ()
    reasons = asked(offer(at, kind=Kind.EXAM, minutes=7), *before, to=to)
    assert cited(reasons) == ["HOG-33"]
    assert "14 are taken" in reasons[0].says


def test_nobody_is_in_two_places_at_once() -> None:
    other = booked(FIRST + timedelta(minutes=9), "ci-cd", people=frozenset({BOB}))
    team = frozenset({ALICE, BOB})
    both = wish(people=team, team=team, tracks=frozenset({"tiao"}))
    assert "" in cited(asked(offer(FIRST), other, by=both))
    touching = booked(FIRST + timedelta(minutes=10), "ci-cd", people=frozenset({BOB}))
    assert "" not in cited(asked(offer(FIRST), touching, by=both))


@pytest.mark.rule("HOG-37")
@pytest.mark.rule("HOG-39")
@pytest.mark.rule("HOG-40")
def test_a_resit_is_arranged_in_time_and_takes_twenty_minutes() -> None:
    slot = offer(local(2025, 8, 25), kind=Kind.RESIT, minutes=20)
    shown = booked(local(2024, 9, 24), status=Status.HELD)
    last = local(2025, 2, 7, 23, 59)
    assert asked(slot, shown, now=last) == ()
    (reason,) = asked(slot, now=last + timedelta(minutes=1))
    assert "HOG-41" in reason.cites
    tiao = wish(tracks=frozenset({"tiao"}))
    assert asked(slot, by=tiao, now=local(2025, 2, 2)) == ()
    assert "HOG-40" in asked(slot, by=tiao, now=local(2025, 2, 3))[0].cites
    other = booked(local(2025, 8, 25, 11), "edge", kind=Kind.RESIT)
    assert "20 minutes for everything" in asked(slot, other, now=last)[0].says


@pytest.mark.rule("HOG25-7")
def test_the_next_edition_shows_two_labs_live_at_a_resit() -> None:
    at, now = local(2026, 8, 25), local(2026, 1, 30)
    to = terms("hogent-2025-26")
    one = booked(at + timedelta(hours=1), "edge", kind=Kind.RESIT, minutes=5)
    two = booked(at + timedelta(hours=2), "workflow", kind=Kind.RESIT, minutes=5)
    slot = offer(at, kind=Kind.RESIT, minutes=5)
    assert asked(slot, one, to=to, now=now) == ()
    (reason,) = asked(slot, one, two, to=to, now=now)
    assert reason.cites[0] == "HOG25-7"
    assert reason.todo == "Send a video for this one."


def test_a_resit_that_is_a_gap_names_it() -> None:
    slot = offer(local(2023, 2, 1), kind=Kind.RESIT, minutes=7)
    oral = Occasion(part="project", item="oral", title="Oral", minutes=(5, 7))
    (gap,) = asked(slot, by=wish(occasion=oral), to=terms("dtu-2023-01"), now=local(2023, 1, 25))
    assert "second opportunity" in gap.says
    assert gap.todo.startswith("The course responsible")


def test_an_edition_without_rules_about_demos_closes_nothing_for_them() -> None:
    upc = terms("upc-2023-24")
    at, now = local(2023, 12, 13), local(2023, 12, 1)
    for each in upc.occasions():
        assert asked(offer(at), by=wish(occasion=each), to=upc, now=now) == ()


@pytest.mark.rule("ZHAW-5")
def test_a_project_may_have_two_orals() -> None:
    found = [(each.item, each.minutes) for each in terms("zhaw-fs2026").occasions()]
    assert found == [("code-review", (1, 10)), ("presentation", (1, 10)), ("demo", None)]
    zhaw = terms("zhaw-fs2026")
    review, presentation, _ = zhaw.occasions()
    at, now = local(2026, 5, 20), local(2026, 5, 1)
    held = booked(at, "project", item="code-review", status=Status.HELD)
    later = offer(at + timedelta(hours=1))
    assert asked(later, held, by=wish(occasion=presentation), to=zhaw, now=now) == ()
    coming = booked(at, "project", item="code-review")
    assert cited(asked(later, coming, by=wish(occasion=review), to=zhaw, now=now)) == [""]
