"""The six editions hold what the five courses say of themselves."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from lab_specs.edition import rules
from lab_specs.edition.file import EditionFile
from lab_specs.edition.scales import Grades, Points, Words
from lab_specs.edition.syllabus import After
from lab_specs.loader import SpecError, load_edition, load_shelf

ROOT = Path(__file__).resolve().parents[2]
COURSES = ROOT / "lab_specs" / "courses"
SHELF = load_shelf([ROOT / "lab_specs" / "labs"])
PUT, ZHAW, UPC, HOGENT, NEXT, DTU = (
    load_edition(COURSES / f"{name}.yaml")
    for name in (
        "put-2025-26",
        "zhaw-fs2026",
        "upc-2023-24",
        "hogent-2024-25",
        "hogent-2025-26",
        "dtu-2023-01",
    )
)
EDITIONS = [PUT, ZHAW, UPC, HOGENT, NEXT, DTU]
each_edition = pytest.mark.parametrize("edition", EDITIONS, ids=lambda each: each.course)


@each_edition
def test_an_edition_survives_being_kept_as_json(edition: EditionFile) -> None:
    assert EditionFile.model_validate_json(edition.model_dump_json()) == edition


@each_edition
def test_every_gap_is_unset_and_asks_somebody(edition: EditionFile) -> None:
    for setting in edition.settings:
        assert setting.value is None, setting.id
        assert setting.asks.endswith("?")
        assert setting.who


@each_edition
def test_labs_are_on_the_shelf_or_named_for_later(edition: EditionFile) -> None:
    for each in edition.mini_projects:
        assert set(each.labs) <= set(SHELF)
        assert each.labs or each.later_lab or not each.counts, each.id
        assert each.labs or each.criteria, each.id


@pytest.mark.rule("HOG-28")
@each_edition
def test_every_cell_of_a_rubric_has_a_text_and_ours_are_marked(edition: EditionFile) -> None:
    for each in edition.mini_projects:
        for criterion in each.criteria:
            assert set(criterion.descriptors) == set(edition.levels)
            texts = list(criterion.descriptors.values())
            assert len(set(texts)) == len(texts)
        assert each.ours or edition.ours


TOLD = yaml.safe_load((Path(__file__).parent / "cases" / "told.yaml").read_text())["cases"]


@pytest.mark.parametrize("case", TOLD, ids=lambda case: case["rules"][0])
def test_a_fact_is_told(case: dict[str, Any]) -> None:
    edition = load_edition(COURSES / f"{case['edition']}.yaml")
    (cite,) = case["rules"]
    (note,) = [each for each in edition.notes if each.cite == (cite,)]
    for words in case["words"]:
        assert words in note.says


@pytest.mark.rule("PUT-3")
@pytest.mark.rule("UPC-2")
def test_roles_of_staff_are_named_apart() -> None:
    assert PUT.staff == ("coordinator", "lecturer")
    assert UPC.staff == ("responsible", "lecturer")
    assert EditionFile.model_validate(PUT.model_dump() | {"staff": ()}).staff == ()


@pytest.mark.rule("PUT-4")
@pytest.mark.rule("PUT-6")
@pytest.mark.rule("PUT-13")
def test_five_mini_projects_free_in_their_technology_alone_or_not() -> None:
    assert len(PUT.mini_projects) == 5
    for each in PUT.mini_projects:
        assert each.free_choice
        assert each.alone_or_team
        assert not (each.labs and each.lab_decides)
        assert "report" in {item.kind for item in each.deliverables}
    assert PUT.levels == ("not done", "done")


@pytest.mark.rule("PUT-9")
def test_outcomes_carry_codes_and_each_is_shown_by_a_mini_project() -> None:
    skills = [f"U{number}" for number in (1, *range(3, 11))]
    codes = [*(f"W{n}" for n in range(1, 7)), *skills, *(f"K{n}" for n in range(1, 4))]
    assert [each.code for each in PUT.outcomes] == [f"K2st_{code}" for code in codes]
    shown = {outcome for each in PUT.mini_projects for outcome in each.outcomes}
    assert shown == {each.id for each in PUT.outcomes}


@pytest.mark.rule("ZHAW-1")
@pytest.mark.rule("ZHAW-2")
@pytest.mark.rule("ZHAW-3")
@pytest.mark.rule("ZHAW-5")
def test_three_components_whose_points_are_their_weights() -> None:
    found = {each.id: (each.highest, each.form, each.minutes) for each in ZHAW.marks}
    assert found == {
        "exam": (60, "written", 90),
        "code-review": (20, "oral", 10),
        "presentation": (20, "oral", 10),
    }
    (weigh,) = [rule for rule in ZHAW.rules if isinstance(rule, rules.Weigh)]
    assert weigh.percent == {each.id: each.highest for each in ZHAW.marks}
    assert {each.part for each in ZHAW.marks} == {None, "project"}


@pytest.mark.rule("ZHAW-4")
@pytest.mark.rule("ZHAW-6")
@pytest.mark.rule("ZHAW-8")
def test_one_project_of_ones_own_choice_and_labs_that_do_not_count() -> None:
    project, labs = ZHAW.mini_projects
    assert project.alone_or_team
    assert project.free_choice
    assert not project.labs
    assert "text" in {item.kind for item in project.deliverables}
    assert labs.labs == ("training", "tracking", "tuning", "serving", "drift")
    assert not labs.counts


@pytest.mark.rule("ZHAW-9")
@pytest.mark.rule("ZHAW-10")
def test_objectives_and_descriptions_in_two_languages() -> None:
    levels = [(each.level["en"], each.level["de"]) for each in ZHAW.outcomes]
    pairs = {"2": ("C2", "K2"), "3": ("C3", "K3"), "5": ("C5", "K5")}
    assert levels == [pairs[number] for number in "232352"]
    assert {each.competences for each in ZHAW.outcomes} == {("D",), ("D", "M")}
    assert all({"en", "de"} == set(each.text) for each in ZHAW.outcomes)
    assert set(ZHAW.descriptions) == {"en", "de"}
    english, german = ZHAW.descriptions["en"], ZHAW.descriptions["de"]
    assert len(english.contents) == len(german.contents)
    assert all(each.translations.get("de") for each in (*ZHAW.mini_projects, *ZHAW.marks))


@pytest.mark.rule("UPC-3")
@pytest.mark.rule("UPC-13")
def test_competences_objectives_and_activities_form_a_map() -> None:
    competences = {name for each in UPC.outcomes for name in each.competences}
    assert competences == {
        *("CT2", "CT3", "CT5", "CB8", "CB9", "CG3", "CG4", "CE5", "CE7", "CE10"),
    }
    assert all(activity.objectives for activity in UPC.activities)
    columns = ("theory", "problems", "laboratory", "guided", "autonomous")
    sums = [
        sum((each.hours.get(column, Decimal(0)) for each in UPC.activities), Decimal(0))
        for column in columns
    ]
    assert sums == [27, 0, 27, 0, 96]


@pytest.mark.rule("UPC-7")
@pytest.mark.rule("UPC-8")
@pytest.mark.rule("UPC-9")
def test_a_project_with_milestones_code_and_an_english_report() -> None:
    *milestones, project = UPC.mini_projects
    assert all(not each.counts and each.by_team and each.deadline for each in milestones)
    days = [UPC.moment(each.deadline) for each in (*milestones, project)]
    assert days == sorted(days, key=str)
    items = {item.id: item for item in project.deliverables}
    assert items["report"].languages == ("en",)
    assert set(items) == {"code", "report", "presentation"}


@pytest.mark.rule("UPC-10")
@pytest.mark.rule("UPC-11")
def test_talks_are_each_students_own_and_all_is_presented_in_week_14() -> None:
    sessions = {each.id: each for each in UPC.sessions}
    project, talk = UPC.marks
    assert (project.by, talk.by) == ("team", "student")
    assert [sessions[str(each.session)].week for each in UPC.marks] == [14, 14]
    assert [sessions[str(each.session)].kind for each in UPC.marks] == ["exam", "talks"]


@pytest.mark.rule("HOG-3")
@pytest.mark.rule("HOG-5")
@pytest.mark.rule("HOG-7")
@pytest.mark.rule("HOG-27")
def test_seven_labs_with_theory_experiments_and_three_deliverables() -> None:
    assert len(HOGENT.mini_projects) == 7
    for each in HOGENT.mini_projects:
        assert each.theory
        assert each.extensions
        assert {item.kind for item in each.deliverables} == {"code", "report", "demo"}


@pytest.mark.rule("HOG-8")
@pytest.mark.rule("HOG-9")
def test_reports_in_two_languages_and_a_track_of_its_own_for_distance() -> None:
    for each in HOGENT.mini_projects:
        (report,) = [item for item in each.deliverables if item.kind == "report"]
        assert set(report.languages) == {"en", "nl"}
    assert [each.id for each in HOGENT.tracks if each.distance] == ["tiao"]
    assert len(HOGENT.tracks) == 4


@pytest.mark.rule("HOG-15")
@pytest.mark.rule("HOG-21")
def test_a_deadline_follows_its_session() -> None:
    sessions = {each.id: each for each in HOGENT.sessions}
    for each in HOGENT.mini_projects:
        assert isinstance(each.deadline, After)
        assert each.deadline.days == 21
        day = sessions[each.deadline.session].day
        assert day is not None
        told = HOGENT.moment(each.deadline)
        assert told is not None
        assert told.astimezone(HOGENT.zone).date() == day + timedelta(days=21)
        later = {each.deadline.session: day + timedelta(days=7)}
        moved = HOGENT.moment(each.deadline, later)
        assert moved is not None
        assert moved.astimezone(HOGENT.zone).date() == day + timedelta(days=28)
    assert [each.week for each in HOGENT.sessions] == list(range(1, 14))


def test_a_deadline_has_no_moment_while_its_session_has_no_day() -> None:
    content = HOGENT.model_dump()
    content["sessions"][0]["day"] = None
    edition = EditionFile.model_validate(content)
    assert edition.moment(edition.mini_projects[0].deadline) is None
    held = {"m1": date(2024, 9, 23)}
    assert edition.moment(edition.mini_projects[0].deadline, held) is not None


@pytest.mark.rule("HOG25-1")
@pytest.mark.rule("HOG25-2")
@pytest.mark.rule("HOG25-3")
def test_the_next_edition_has_other_labs_anchors_and_limits() -> None:
    assert len(NEXT.mini_projects) == 5
    titles = " ".join(each.title for each in NEXT.mini_projects)
    assert "CI/CD" not in titles
    assert "Kubernetes" not in titles
    for each in NEXT.mini_projects:
        assert isinstance(each.deadline, After)
        assert each.deadline.session.startswith("start-")
    assert NEXT.demos is not None
    assert NEXT.demos.most_minutes == 15
    assert HOGENT.demos is not None
    assert HOGENT.demos.most_minutes is None
    assert NEXT.rules != HOGENT.rules
    assert NEXT.course_code == HOGENT.course_code


@pytest.mark.rule("DTU-6")
@pytest.mark.rule("DTU-7")
def test_modules_belong_to_sessions_and_are_core_or_not() -> None:
    sessions = {each.session for each in DTU.modules}
    assert len(DTU.modules) > len(sessions)
    assert {each.core for each in DTU.modules} == {True, False}


@pytest.mark.rule("DTU-8")
@pytest.mark.rule("DTU-11")
@pytest.mark.rule("DTU-14")
def test_a_group_project_with_a_description_a_link_and_a_report() -> None:
    project = DTU.mini_projects[-1]
    assert project.by_team
    items = {item.id: item for item in project.deliverables}
    for name in ("description", "link"):
        due = DTU.moment(items[name].due)
        assert due is not None
        assert due.astimezone(DTU.zone).strftime("%A %H:%M") == "Friday 17:00"
    assert items["description"].words is not None
    assert items["report"].template == "reports/README.md"
    assert "27 questions" in items["report"].title


@pytest.mark.rule("DTU-2")
@pytest.mark.rule("DTU-16")
@pytest.mark.rule("HOG-30")
def test_scales_differ_by_course() -> None:
    assert isinstance(DTU.scale, Words)
    seven = DTU.other_scales["seven-point"]
    assert isinstance(seven, Grades)
    assert seven.grades == (-3, 0, 2, 4, 7, 10, 12)
    assert isinstance(HOGENT.scale, Points)
    assert (HOGENT.scale.highest, HOGENT.scale.pass_at) == (20, 10)
    assert isinstance(PUT.scale, Grades)


def _wrong(name: str, change: Callable[[str], str], folder: Path) -> SpecError:
    text = (COURSES / name).read_text()
    changed = change(text)
    assert changed != text
    path = folder / name
    path.write_text(changed)
    with pytest.raises(SpecError) as caught:
        load_edition(path)
    return caught.value


@pytest.mark.parametrize(
    ("name", "old", "new", "field", "says"),
    [
        ("zhaw-fs2026.yaml", "exam: 60, code", "exam: 50, code", "rules.0", "make 90, not 100"),
        ("zhaw-fs2026.yaml", "{setting: absence}", "{setting: absense}", "rules.1", "no 'absense'"),
        ("put-2025-26.yaml", "rule: count", "rule: counts", "rules.1", "tag"),
        ("put-2025-26.yaml", "outcomes: [w4, w6", "outcomes: [w9, w6", "mini_projects.1", "'w9'"),
        ("put-2025-26.yaml", "pass_level: done", "pass_level: good", "pass_level", "'good'"),
        ("upc-2023-24.yaml", "[project-mark, ", "[project-mrk, ", "rules.1", "'project-mrk'"),
        ("upc-2023-24.yaml", "smallest: 4", "smallest: 6", "rules.0", "larger than the largest"),
        ("upc-2023-24.yaml", "id: project-mark", "id: project", "marks.0.id", "already"),
        ("hogent-2024-25.yaml", "{session: m4,", "{session: m9,", "mini_projects.3", "'m9'"),
        ("hogent-2024-25.yaml", "not_for: [tiao]", "not_for: [tia]", "rules.1", "'tia'"),
        ("hogent-2024-25.yaml", "proficient: 11, adv", "proficient: 16, adv", "rules.7", "worth"),
        ("hogent-2024-25.yaml", "  expert: 2}", "expart: 2}", "rules.8", "'expert'"),
        ("hogent-2024-25.yaml", "days: 21}", "days: x}", "mini_projects.0.deadline", "integer"),
        ("hogent-2024-25.yaml", "needs: [demo]", "needs: [video]", "rules.1", "'video'"),
        ("dtu-2023-01.yaml", "grades: [-3, 0", "grades: [3, 0", "other_scales", "lowest first"),
        ("dtu-2023-01.yaml", "scale: seven-point,", "scale: six,", "rules.7", "'six'"),
        ("dtu-2023-01.yaml", "cite: DTU-12", "cite: DTU12", "rules.5", "match"),
    ],
)
def test_a_mistake_names_its_line_and_field(
    tmp_path: Path, name: str, old: str, new: str, field: str, says: str
) -> None:
    if "expart" in new:
        old = old.strip()
    found = _wrong(name, lambda text: text.replace(old, new, 1), tmp_path)
    assert found.field.startswith(field), found
    assert says in found.problem
    line = (tmp_path / name).read_text().splitlines()[found.line - 1]
    assert found.line > 1, line


def test_the_guide_names_every_field_rule_and_scale() -> None:
    guide = (ROOT / "docs" / "editions.md").read_text()
    kinds = [
        str(get_args(each.model_fields["rule"].annotation)[0])
        for each in rules.Rule.__subclasses__()
    ]
    assert len(kinds) > 15
    names = [*kinds, *EditionFile.model_fields, *rules.Rule.model_fields, "points", "grades"]
    missing = [name for name in names if f"`{name}" not in guide]
    assert missing == []
