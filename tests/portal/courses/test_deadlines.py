"""When something is due: pure, so checked by examples and by properties."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab_specs.edition.file import EditionFile, MiniProjectFile
from lab_specs.edition.rules import OnTime, Ref
from lab_specs.edition.syllabus import After, Deliverable, Session, Track
from portal.courses.deadlines import Longer, Moved, due, late
from tests.portal.courses.test_catalog import criterion

BRUSSELS = ZoneInfo("Europe/Brussels")
MOMENT = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)


AFTER = After(session="m1", days=21)


def part(deadline: datetime | After | None = AFTER) -> MiniProjectFile:
    return MiniProjectFile(
        id="docker",
        title="Docker",
        deadline=deadline,
        criteria=(criterion("tidy", ("no", "yes")),),
        deliverables=(
            Deliverable(id="code", kind="code", title="Code"),
            Deliverable(id="demo", kind="demo", title="Demo"),
            Deliverable(id="talk", kind="presentation", title="T", due=datetime(2026, 12, 1, 9)),  # noqa: DTZ001
        ),
    )


def edition(
    mini_project: MiniProjectFile | None = None,
    *rules: OnTime,
    day: date | None = date(2026, 10, 5),
    zone: str = "Europe/Brussels",
) -> EditionFile:
    return EditionFile.model_construct(
        timezone=zone,
        sessions=(Session(id="m1", title="Containers", day=day),),
        tracks=(Track(id="gent", title="Gent"), Track(id="tiao", title="TIAO", distance=True)),
        mini_projects=(mini_project or part(),),
        rules=rules,
    )


def on_time(**more: object) -> OnTime:
    return OnTime.model_validate(
        {"rule": "on_time", "cite": "HOG-21", "needs": ["code", "demo"], "otherwise": "absent"}
        | more
    )


@pytest.mark.rule("HOG-21")
def test_a_deadline_follows_its_session() -> None:
    found = due(edition(), part())
    assert found.moment == datetime(2026, 10, 26, 23, 59, 59, tzinfo=BRUSSELS)
    assert found.why == "21 days after “Containers” (Mon 5 Oct)"


@pytest.mark.rule("HOG-15")
def test_a_session_that_moves_takes_its_deadline_along() -> None:
    moved = {"m1": Moved(date(2026, 10, 12), "of the strike")}
    found = due(edition(), part(), "code", moved=moved)
    assert found.moment == datetime(2026, 11, 2, 23, 59, 59, tzinfo=BRUSSELS)
    assert (
        found.why == "21 days after “Containers”, which moved to Mon 12 Oct because of the strike"
    )
    assert not found.extended


def test_without_a_date_of_its_session_nothing_is_due_yet() -> None:
    found = due(edition(day=None), part())
    assert (found.moment, found.why) == (None, "21 days after “Containers”, which has no date yet")
    moved = {"m1": Moved(date(2026, 10, 5), "it is planned now")}
    assert due(edition(day=None), part(), moved=moved).moment is not None


def test_an_item_may_have_a_deadline_of_its_own() -> None:
    assert due(edition(), part(), "talk").moment == datetime(2026, 12, 1, 9, tzinfo=BRUSSELS)
    # Without one for the whole, it is due with its last item.
    lone = part(deadline=None)
    assert due(edition(lone), lone).moment == datetime(2026, 12, 1, 9, tzinfo=BRUSSELS)
    assert due(edition(lone), lone, "code").moment is None


def test_an_extension_is_told_with_its_reason() -> None:
    until = datetime(2026, 10, 31, 12, 0, tzinfo=UTC)
    longer = [Longer(until, "Bob was ill", "code")]
    found = due(edition(), part(), "code", longer=longer)
    assert (found.moment, found.extended) == (until, True)
    assert found.why == "extended until Sat 31 Oct, 13:00 because Bob was ill"
    assert due(edition(), part(), "demo", longer=longer) == due(edition(), part(), "demo")


def test_an_extension_never_shortens() -> None:
    early = [Longer(datetime(2026, 10, 1, tzinfo=UTC), "typed wrongly")]
    assert due(edition(), part(), "code", longer=early) == due(edition(), part(), "code")


@pytest.mark.rule("HOG-22")
def test_a_track_may_have_no_deadline() -> None:
    free = edition(None, on_time(not_for=["tiao"]))
    assert due(free, part(), "demo", tracks=["tiao"]).moment is None
    assert due(free, part(), "demo", tracks=["tiao"]).why == "no deadline for TIAO (HOG-21)"
    for tracks in (["gent"], [""], ["tiao", "gent"], []):
        assert due(free, part(), "demo", tracks=tracks).moment is not None
    # An item about which no such rule is said keeps its deadline for everybody.
    assert due(free, part(), "talk", tracks=["tiao"]).moment is not None


@pytest.mark.rule("HOG-42")
@pytest.mark.parametrize(
    ("answer", "has_deadline", "why"),
    [
        ({}, False, "whether a deadline holds for TIAO is not decided yet (HOG-42)"),
        ({"distance": False}, False, "no deadline for TIAO (HOG-21, HOG-42)"),
        ({"distance": True}, True, "21 days after “Containers” (Mon 5 Oct)"),
    ],
)
def test_a_track_whose_deadline_nobody_has_settled(
    answer: dict[str, bool], has_deadline: bool, why: str
) -> None:
    rules = (
        on_time(not_for=["tiao"]),
        on_time(cite="HOG-42", tracks=["tiao"], only_if=Ref(setting="distance")),
    )
    found = due(edition(None, *rules), part(), "code", tracks=["tiao"], answers=answer)
    assert (found.moment is not None, found.why) == (has_deadline, why)


@pytest.mark.parametrize(
    ("zone", "day", "utc_hour"),
    [
        ("Europe/Brussels", date(2026, 10, 3), 21),  # the day before summer time ends
        ("Europe/Brussels", date(2026, 10, 4), 22),  # the night is an hour longer
        ("Europe/Brussels", date(2027, 3, 6), 22),
        ("Europe/Brussels", date(2027, 3, 7), 21),
        ("Europe/London", date(2026, 10, 4), 23),
    ],
)
def test_late_by_a_second_across_a_change_of_clocks(zone: str, day: date, utc_hour: int) -> None:
    found = due(edition(day=day, zone=zone), part(), "code")
    assert found.moment is not None
    local = found.moment.astimezone(ZoneInfo(zone))
    assert (local.date(), local.time()) == (day + timedelta(days=21), time(23, 59, 59))
    assert found.moment.astimezone(UTC).hour == utc_hour
    assert not late(found.moment, found.moment)
    assert not late(found.moment + timedelta(microseconds=999_999), found.moment)
    assert late(found.moment + timedelta(seconds=1), found.moment)


def test_without_a_deadline_nothing_is_late() -> None:
    assert not late(MOMENT, None)


days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
longers = st.builds(
    Longer, until=moments, reason=st.just("it is so"), item=st.sampled_from(["", "code", "demo"])
)
zones = st.sampled_from(["Europe/Brussels", "America/New_York", "Pacific/Apia", "Asia/Kolkata"])


@given(day=days, offset=st.integers(0, 366), zone=zones)
def test_a_relative_deadline_ends_its_day_by_the_clock_on_the_wall(
    day: date, offset: int, zone: str
) -> None:
    mini_project = part(After(session="m1", days=offset))
    found = due(edition(mini_project, day=day, zone=zone), mini_project).moment
    assert found is not None
    local = found.astimezone(ZoneInfo(zone))
    assert (local.date(), local.time()) == (day + timedelta(days=offset), time(23, 59, 59))


@given(st.lists(longers, max_size=3))
def test_extensions_never_make_it_earlier_and_their_order_never_matters(
    longer: list[Longer],
) -> None:
    plain = due(edition(), part(), "code").moment
    found = {due(edition(), part(), "code", longer=each).moment for each in permutations(longer)}
    assert plain is not None
    (moment,) = found
    assert moment == max([plain, *(each.until for each in longer if each.item in {"", "code"})])


@given(first=days, second=days)
def test_a_session_that_moves_later_never_makes_it_earlier(first: date, second: date) -> None:
    early, later = sorted([first, second])
    before, after = (
        due(edition(), part(), "code", moved={"m1": Moved(day, "so")}).moment
        for day in (early, later)
    )
    assert before is not None
    assert after is not None
    assert before <= after


@given(at=moments, deadline=moments)
def test_late_is_after_the_whole_second(at: datetime, deadline: datetime) -> None:
    deadline = deadline.replace(microsecond=0)
    assert late(at, deadline) is (at >= deadline + timedelta(seconds=1))
