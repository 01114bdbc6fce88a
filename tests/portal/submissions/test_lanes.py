"""The fair order, as promises that hold for any rows."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import groupby, pairwise

from hypothesis import given
from hypothesis import strategies as st

from portal.submissions.lanes import Lane, Served, Waiting, order
from tests.factories import MOMENT

TEAMS = {1: 1, 2: 1, 3: 1, 4: 2, 5: 2, 6: 3}  # team: its edition
AGES = st.integers(0, 20).map(lambda seconds: MOMENT + timedelta(seconds=seconds))


@st.composite
def queues(draw: st.DrawFn) -> list[Waiting]:
    drawn = draw(
        st.lists(st.tuples(st.sampled_from(Lane), st.sampled_from(list(TEAMS)), AGES), max_size=40)
    )
    return [
        Waiting(pk, lane, TEAMS[team], team, age, "serving")
        for pk, (lane, team, age) in enumerate(drawn)
    ]


SERVED = st.lists(
    st.builds(
        lambda team, running, last: Served(TEAMS[team], team, running, last),
        st.sampled_from(list(TEAMS)),
        st.integers(0, 3),
        st.none() | AGES,
    ),
    max_size=6,
    unique_by=lambda each: each.team,
)


def waiting(pk: int, edition: int = 1, team: int = 1, seconds: int = 0, lane: int = 0) -> Waiting:
    return Waiting(pk, lane, edition, team, MOMENT + timedelta(seconds=seconds), "serving")


def edition_of(row: Waiting) -> int:
    return row.edition


def team_of(row: Waiting) -> int:
    return row.team


def pks(rows: Sequence[Waiting]) -> list[int]:
    return [row.pk for row in rows]


@given(queues(), SERVED)
def test_everybody_comes_exactly_once(rows: list[Waiting], served: list[Served]) -> None:
    assert sorted(pks(order(rows, served))) == pks(rows)


@given(st.data(), queues(), SERVED)
def test_how_the_rows_come_does_not_matter(
    data: st.DataObject, rows: list[Waiting], served: list[Served]
) -> None:
    shuffled = data.draw(st.permutations(rows)), data.draw(st.permutations(served))
    assert order(*shuffled) == order(rows, served)


@given(queues(), SERVED)
def test_no_lane_waits_for_a_later_one(rows: list[Waiting], served: list[Served]) -> None:
    lanes = [row.lane for row in order(rows, served)]
    assert lanes == sorted(lanes)


@given(queues(), SERVED)
def test_within_a_team_who_came_first_goes_first(rows: list[Waiting], served: list[Served]) -> None:
    for lane in Lane:
        for team in TEAMS:
            own = [r for r in order(rows, served) if (r.lane, r.team) == (lane, team)]
            assert own == sorted(own, key=lambda row: (row.queued_at, row.pk))


@given(queues(), SERVED)
def test_no_edition_is_starved(rows: list[Waiting], served: list[Served]) -> None:
    for _, lane in groupby(order(rows, served), key=lambda row: row.lane):
        assert_nobody_is_passed_over_twice(list(lane), edition_of)


@given(queues(), SERVED)
def test_no_team_is_starved_within_its_edition(rows: list[Waiting], served: list[Served]) -> None:
    for _, lane in groupby(order(rows, served), key=lambda row: row.lane):
        taken = list(lane)
        for edition in set(TEAMS.values()):
            own = [row for row in taken if row.edition == edition]
            assert_nobody_is_passed_over_twice(own, team_of)


def assert_nobody_is_passed_over_twice(rows: list[Waiting], of: Callable[[Waiting], int]) -> None:
    """Between two turns of one, every other that still waits has a turn."""
    for one in {of(row) for row in rows}:
        turns = [place for place, row in enumerate(rows) if of(row) == one]
        for first, second in pairwise(turns):
            between = {of(row) for row in rows[first + 1 : second]}
            assert {of(row) for row in rows[second:]} <= between | {one}


@given(queues(), SERVED)
def test_the_first_has_least_running_and_then_waited_longest(
    rows: list[Waiting], served: list[Served]
) -> None:
    def had(edition: int) -> tuple[int, float]:
        own = [each for each in served if each.edition == edition]
        begun = [each.last.timestamp() for each in own if each.last]
        return sum(each.running for each in own), max(begun, default=0.0)

    found = order(rows, served)
    in_first_lane = [row for row in rows if row.lane == found[0].lane] if found else []
    assert all(had(found[0].edition) <= had(row.edition) for row in in_first_lane)


def test_a_large_course_does_not_hold_up_a_small_one() -> None:
    crowd = [waiting(pk, edition=1, team=pk, seconds=pk) for pk in range(1, 6)]
    late = [waiting(9, edition=2, team=9, seconds=100), waiting(10, edition=2, team=9, seconds=101)]
    assert pks(order([*crowd, *late])) == [1, 9, 2, 10, 3, 4, 5]


def test_a_team_with_much_work_does_not_hold_up_its_course() -> None:
    much = [waiting(pk, team=1, seconds=pk) for pk in range(1, 4)]
    assert pks(order([*much, waiting(9, team=2, seconds=50)])) == [1, 9, 2, 3]


def test_who_runs_least_goes_first_and_then_who_was_served_longest_ago() -> None:
    rows = [waiting(1, edition=1, team=1), waiting(2, edition=2, team=4), waiting(3, 3, 6)]
    served = [
        Served(1, 1, running=1, last=MOMENT),
        Served(2, 4, running=0, last=MOMENT + timedelta(seconds=9)),
        Served(3, 6, running=0, last=MOMENT),
    ]
    assert pks(order(rows, served)) == [3, 2, 1]


def test_what_staff_run_again_waits_for_what_students_hand_in() -> None:
    again = waiting(1, lane=Lane.RERUN, seconds=0)
    snapshot = waiting(2, lane=Lane.SNAPSHOT, seconds=1)
    mine = waiting(3, lane=Lane.INTERACTIVE, seconds=2)
    assert pks(order([again, snapshot, mine])) == [3, 2, 1]
