"""What the engine refuses, tells, and leaves to people."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from lab_specs.edition.file import EditionFile
from portal.assessment.policy import facts
from portal.assessment.policy.engine import evaluate
from portal.assessment.policy.facts import Contradiction, Fact
from portal.assessment.policy.policy import Policy
from portal.assessment.policy.results import Effect, Outcome, ResitStatus
from tests.portal.assessment.policy.table import SHELF, facts_of, policy_of
from tests.portal.assessment.policy.worlds import FILLED

HOGENT, UPC, DTU = FILLED["hogent-2024-25"], FILLED["upc-2023-24"], FILLED["dtu-2023-01"]
LATER = datetime(2025, 3, 1, tzinfo=UTC)
NOON = datetime(2024, 10, 1, 12, tzinfo=UTC)


def level(part: str, criterion: str, name: str, chance: int = 1) -> facts.Assessed:
    return facts.Assessed(part=part, criterion=criterion, level=name, chance=chance)


@pytest.mark.parametrize(
    ("policy", "given", "says"),
    [
        (HOGENT, [level("dokcer", "compose", "expert")], "no part 'dokcer'"),
        (HOGENT, [level("docker", "composing", "expert")], "no criterion 'composing'"),
        (HOGENT, [level("docker", "compose", "super")], "no level 'super'"),
        (
            HOGENT,
            [level("edge", "pruning", "expert"), level("edge", "pruning", "advanced")],
            "two levels for one chance: edge, pruning, 1",
        ),
        (HOGENT, [facts.OnTrack(track="gent"), facts.OnTrack(track="tiao")], "two tracks"),
        (HOGENT, [facts.OnTrack(track="mars")], "no track 'mars'"),
        (HOGENT, [facts.Took(part="docker", lab="training")], "no lab 'training'"),
        (
            policy_of("demo-2026-27"),
            [facts.Took(part="serving", lab="serving"), facts.Took(part="serving", lab="training")],
            "no lab 'training'",
        ),
        (
            HOGENT,
            [
                facts.Held(session="m1", on=date(2024, 9, 23)),
                facts.Held(session="m1", on=date(2024, 9, 30)),
            ],
            "two days of one session: m1",
        ),
        (UPC, [facts.Marked(mark="article-talk", points=Decimal(11))], "not within 0 and 10"),
        (UPC, [facts.Marked(mark="article-talk", points=Decimal(-1))], "not within 0 and 10"),
        (UPC, [facts.Marked(mark="talk", points=Decimal(1))], "no mark 'talk'"),
        (
            UPC,
            [facts.Marked(mark="article-talk", points=Decimal(n)) for n in (6, 7)],
            "two marks for one chance: article-talk, 1",
        ),
    ],
)
def test_facts_that_cannot_hold_are_refused(policy: Policy, given: list[Fact], says: str) -> None:
    with pytest.raises(Contradiction, match=says):
        evaluate(policy, given, as_of=LATER)


def test_an_edition_without_rules_has_no_result_and_says_who_writes_them() -> None:
    policy = policy_of("demo-2026-27")
    result = evaluate(policy, [level("report", "decisions", "expert")], as_of=LATER)
    assert result.outcome is Outcome.WITHHELD
    assert [gap.name for gap in result.gaps] == ["rules"]


def test_an_override_of_what_nobody_may_lift_is_told() -> None:
    override = facts.Overridden(rule="HOG-29", reason="Please", part="edge")
    result = evaluate(HOGENT, [override], as_of=NOON)
    (told,) = [each for each in result.reasons if each.facts == (override,)]
    assert told.effect is Effect.NOTES
    assert "has no effect" in told.says


def test_an_override_of_one_part_leaves_the_others() -> None:
    late = datetime(2025, 1, 20, tzinfo=UTC)
    found: list[Fact] = [
        facts.Delivered(part=part, item="code", at=late) for part in ("edge", "cicd")
    ]
    found.append(facts.Overridden(rule="HOG-34", part="edge", reason="A broken disk"))
    standings = evaluate(HOGENT, found, as_of=datetime(2025, 1, 25, tzinfo=UTC)).standings
    assert standings["cicd"].status == "not yet proficient"
    assert "A broken disk" in " ".join(note.says for note in standings["edge"].notes)


def test_a_result_names_the_rules_that_made_it() -> None:
    result = evaluate(HOGENT, [], as_of=NOON)
    assert result.rules_version == HOGENT.edition.rules_version
    assert result.rules_digest == HOGENT.digest
    other = policy_of("hogent-2024-25")
    assert other.digest != HOGENT.digest
    assert policy_of("hogent-2024-25").digest == other.digest


def test_a_key_of_the_caller_changes_nothing() -> None:
    plain = level("cicd", "pipeline", "expert")
    named = facts.Assessed(part="cicd", criterion="pipeline", level="expert", ref="row 7")
    assert plain == named
    first = evaluate(HOGENT, [plain], as_of=NOON)
    again = evaluate(HOGENT, [named], as_of=NOON)
    assert first == again
    reached = again.standings["cicd"].reached[0]
    assert reached.fact is not None
    assert reached.fact.ref == "row 7"


def test_a_setting_must_fit_its_question() -> None:
    with pytest.raises(ValueError, match="no such setting: colour"):
        UPC.with_settings({"colour": "red"})
    for name, value in (
        ("pass_mark", "five"),
        ("resit", "yes please"),
        ("missing_question", "maybe"),
        ("pass_mark", True),
    ):
        with pytest.raises(ValueError, match="settings"):
            UPC.with_settings({name: value})
    with pytest.raises(ValueError, match="may not be worth less"):
        policy_of("put-2025-26").with_settings({"grade_table": {0: 3, 1: 2}})


def test_a_lab_that_is_not_on_the_shelf_is_refused() -> None:
    with pytest.raises(ValueError, match="no lab 'serving'"):
        Policy.of(HOGENT.edition, {"training": SHELF["training"]})


def test_levels_without_a_price_are_refused() -> None:
    lab = SHELF["serving"].file
    levels = ("low", *lab.levels[1:])
    criteria = tuple(
        each.model_copy(update={"descriptors": dict.fromkeys(levels, "x")}) for each in lab.criteria
    )
    file = lab.model_copy(update={"levels": levels, "criteria": criteria})
    shelf = {**SHELF, "serving": SHELF["serving"].model_copy(update={"file": file})}
    with pytest.raises(ValueError, match="say nothing about the level 'low'"):
        Policy.of(HOGENT.edition, shelf)


@pytest.mark.rule("HOG-37")
def test_the_states_of_a_resit() -> None:
    low = {"all_levels": "proficient", "levels": {"edge": {"pruning": "not yet proficient"}}}
    start = {
        "track": "gent",
        "took": {each.id: each.labs[0] for each in HOGENT.edition.mini_projects if each.labs},
        "in_time": True,
    }
    found = facts_of(HOGENT, {**start, **low})
    in_time, late = datetime(2025, 2, 3, tzinfo=UTC), datetime(2025, 2, 20, tzinfo=UTC)
    made = facts.Appointed(on=date(2025, 2, 3))
    absent = facts.Present(event="resit", present=False)
    taken = level("edge", "pruning", "not yet proficient", chance=2)
    for added, moment, status in (
        ([], in_time, ResitStatus.OPEN),
        ([], late, ResitStatus.DECLINED),
        ([made], late, ResitStatus.APPOINTED),
        ([made, absent], late, ResitStatus.ABSENT),
        ([made, taken], late, ResitStatus.TAKEN),
    ):
        result = evaluate(HOGENT, [*found, *added], as_of=moment)
        assert (result.resit.status, result.resit.parts) == (status, ("edge",))
        assert result.resit.minutes == 20


@pytest.mark.rule("UPC-16")
def test_whether_there_is_a_resit_may_be_unknown_or_no() -> None:
    unknown = evaluate(policy_of("upc-2023-24"), [], as_of=LATER).resit
    assert unknown.status is ResitStatus.UNKNOWN
    assert [each.gap.name for each in unknown.reasons if each.gap] == ["resit"]
    none = evaluate(UPC.with_settings({"resit": False}), [], as_of=LATER).resit
    assert none.status is ResitStatus.NONE


@pytest.mark.rule("DTU-16")
def test_a_grade_on_another_scale_does_not_pass_what_the_gates_block() -> None:
    asked = facts.AskedScale(scale="seven-point", on=date(2023, 1, 4))
    grade = facts.Marked(mark="seven-point-grade", points=Decimal(12))
    team = facts.InTeam(name="Amber", size=4)
    result = evaluate(DTU, [asked, grade, team], as_of=LATER)
    assert (result.outcome, result.value) == (Outcome.NOT_PASSED, "0")
    assert result.scale == "seven-point"


@pytest.mark.rule("HOG-41")
def test_a_late_appointment_is_none() -> None:
    made = facts.Appointed(on=date(2025, 2, 10))
    resit = evaluate(HOGENT, [made], as_of=LATER).resit
    assert resit.status is ResitStatus.DECLINED
    assert resit.reasons[0].facts == (made,)


def test_what_nobody_can_look_at_any_more_is_not_awaited() -> None:
    policy = FILLED["put-2025-26"]
    before = evaluate(policy, [], as_of=datetime(2026, 6, 1, tzinfo=UTC))
    after = evaluate(policy, [], as_of=datetime(2026, 7, 1, tzinfo=UTC))
    handed = facts.Delivered(part="cloud", item="code", at=datetime(2026, 6, 29, tzinfo=UTC))
    waiting = evaluate(policy, [handed], as_of=datetime(2026, 7, 1, tzinfo=UTC))
    assert [before.final, after.final, waiting.final] == [False, True, False]


def test_the_engine_reads_an_edition_that_was_kept_as_json() -> None:
    kept = EditionFile.model_validate_json(HOGENT.edition.model_dump_json())
    again = Policy.of(kept, SHELF)
    found = [level("cicd", "pipeline", "expert")]
    first = evaluate(HOGENT, found, as_of=NOON)
    assert evaluate(again, found, as_of=NOON).reasons == first.reasons


def test_a_lab_that_comes_to_a_course_that_is_over_asks_for_nothing() -> None:
    content = HOGENT.edition.model_dump()
    cicd = next(each for each in content["mini_projects"] if each["id"] == "cicd")
    everything = {"all_levels": "proficient", "in_time": True, "track": "gent"}
    took = {each.id: each.labs[0] for each in HOGENT.edition.mini_projects if each.labs}
    found = facts_of(HOGENT, {**everything, "took": took})
    before = evaluate(HOGENT, found, as_of=LATER)
    cicd["labs"] = ("drift",)
    with_lab = Policy.of(EditionFile.model_validate(content), SHELF)
    after = evaluate(with_lab, found, as_of=LATER)
    assert (before.outcome, before.value, before.final) == ("passed", "11", True)
    assert (after.outcome, after.value, after.final) == ("passed", "11", True)
    in_november = evaluate(with_lab, found, as_of=datetime(2024, 11, 20, tzinfo=UTC))
    assert any("nothing was handed in yet" in each.says for each in in_november.reasons)


def test_a_decision_on_a_lab_that_was_given_up_counts_for_nothing() -> None:
    lab = SHELF["serving"].file
    levels = ("low", "high")
    criteria = tuple(
        each.model_copy(update={"descriptors": dict.fromkeys(levels, "x")}) for each in lab.criteria
    )
    update = {"levels": levels, "pass_level": "high", "criteria": criteria}
    other = SHELF["serving"].model_copy(update={"file": lab.model_copy(update=update)})
    content = DTU.edition.model_dump()
    content["mini_projects"][0]["labs"] = ("serving", "other")
    policy = Policy.of(EditionFile.model_validate(content), {**SHELF, "other": other})
    found: list[Fact] = [
        level("exercises", "predictions", "expert"),
        facts.Took(part="exercises", lab="other"),
    ]
    reached = evaluate(policy, found, as_of=NOON).standings["exercises"].reached
    assert [each.level for each in reached] == [None, None, None]
