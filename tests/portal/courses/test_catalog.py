"""An edition's file becomes rows, and becomes them once."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from lab_specs.edition.file import EditionFile, MiniProjectFile
from lab_specs.schema import Criterion as CriterionFile
from lab_specs.schema import Kind, LabFile, LabSpec, Limits
from portal.common.errors import Refused
from portal.courses.catalog import load_edition
from portal.courses.models import Course, Criterion, Edition, Level, MiniProject
from tests.factories import LEVELS, AssessmentFactory, SubmissionFactory, TeamFactory

pytestmark = pytest.mark.django_db


def criterion(slug: str, levels: tuple[str, ...] = LEVELS) -> CriterionFile:
    return CriterionFile(id=slug, title=slug.title(), descriptors={name: name for name in levels})


def lab(slug: str, *criteria: str, levels: tuple[str, ...] = LEVELS) -> LabSpec:
    file = LabFile(
        title=slug.title(),
        summary="A lab",
        kind=Kind.SERVICE,
        levels=levels,
        pass_level=levels[1],
        limits=Limits(
            memory_mb=64,
            cpus=1,
            pids=16,
            tmp_mb=1,
            start_seconds=10,
            run_seconds=10,
            total_seconds=60,
        ),
        criteria=tuple(criterion(each, levels) for each in criteria),
    )
    return LabSpec(id=slug, file=file, checks=(), brief="", sources={}, digest="0")


SHELF = {"serving": lab("serving", "predictions", "robust"), "training": lab("training", "learns")}


def edition_file(*mini_projects: MiniProjectFile, **more: Any) -> EditionFile:
    return EditionFile(
        **more,
        course="MLOps",
        course_code="mlops",
        edition="2026-27",
        timezone="Europe/Brussels",
        levels=("no", "yes"),
        mini_projects=mini_projects
        or (
            MiniProjectFile(
                id="build",
                title="Build",
                labs=("serving", "training"),
                deadline=datetime(2026, 12, 1, 23, 59),  # noqa: DTZ001 - local, as in a file
                by_team=True,
                criteria=(criterion("report", ("no", "yes")),),
            ),
            MiniProjectFile(id="talk", title="Talk", criteria=(criterion("talk", ("no", "yes")),)),
        ),
    )


def test_a_file_becomes_course_edition_projects_and_rubrics() -> None:
    edition, changes = load_edition(edition_file(), SHELF)
    assert (edition.course.code, edition.name, edition.timezone) == (
        "mlops",
        "2026-27",
        "Europe/Brussels",
    )
    build, talk = edition.mini_projects.order_by("order")
    assert (build.slug, build.by_team, build.labs) == ("build", True, ["serving", "training"])
    assert build.deadline == datetime(2026, 12, 1, 22, 59, tzinfo=UTC)
    assert (talk.slug, talk.labs, talk.deadline) == ("talk", [], None)
    rubric = [(each.lab, each.slug) for each in build.criteria.order_by("order")]
    assert rubric == [
        ("serving", "predictions"),
        ("serving", "robust"),
        ("training", "learns"),
        ("", "report"),
    ]
    scale = list(build.criteria.get(slug="robust").levels.values_list("order", "name"))
    assert scale == list(enumerate(LEVELS))
    own = list(build.criteria.get(slug="report").levels.values_list("name", flat=True))
    assert own == ["no", "yes"]
    assert (changes.updated, changes.removed) == ([], [])


def test_reading_the_same_file_again_changes_nothing() -> None:
    first, _ = load_edition(edition_file(), SHELF)
    seed, level = first.secret_seed, Level.objects.order_by("pk").last()
    again, changes = load_edition(edition_file(), SHELF)
    assert (changes.created, changes.updated, changes.removed) == ([], [], [])
    assert (again.pk, again.secret_seed) == (first.pk, seed)
    assert Level.objects.order_by("pk").last() == level


def test_a_change_is_written_and_told() -> None:
    load_edition(edition_file(), SHELF)
    project = MiniProjectFile(id="build", title="Build it", labs=("serving",), by_team=True)
    _, changes = load_edition(edition_file(project), SHELF)
    assert changes.created == []
    assert changes.updated == ["mini project Build it (title, deadline, labs)"]
    assert sorted(changes.removed) == [
        "criterion Learns",
        "criterion Report",
        "mini project Talk",
    ]
    assert set(Criterion.objects.values_list("slug", flat=True)) == {"predictions", "robust"}


def test_a_scale_that_nobody_used_may_change() -> None:
    load_edition(edition_file(), SHELF)
    shelf = SHELF | {"serving": lab("serving", "predictions", "robust", levels=("off", "on"))}
    load_edition(edition_file(), shelf)
    names = Level.objects.filter(criterion__slug="robust").values_list("name", flat=True)
    assert list(names) == ["off", "on"]


def test_work_and_decisions_are_never_swept_away() -> None:
    edition, _ = load_edition(edition_file(), SHELF)
    SubmissionFactory(mini_project=edition.mini_projects.get(slug="talk"))
    decided = Criterion.objects.get(slug="learns")
    AssessmentFactory(criterion=decided, team=TeamFactory(edition=edition))
    kept = edition_file().mini_projects
    without_talk = edition_file(kept[0], rules_version=2)
    with pytest.raises(Refused, match=r"no longer names 'mini project Talk'"):
        load_edition(without_talk, SHELF)
    without_lab = edition_file(
        kept[0].model_copy(update={"labs": ("serving",)}), kept[1]
    )  # no rule
    with pytest.raises(Refused, match=r"no longer names 'criterion Learns'"):
        load_edition(without_lab, SHELF)
    other_scale = SHELF | {"training": lab("training", "learns", levels=("off", "on"))}
    with pytest.raises(Refused, match=r"no longer names 'level proficient'"):
        load_edition(edition_file(), other_scale)
    assert edition.mini_projects.get(slug="build").labs == ["serving", "training"]


def test_a_lab_that_is_not_on_the_shelf_leaves_the_rubric() -> None:
    project = MiniProjectFile(
        id="build", title="Build", labs=("quantum",), criteria=(criterion("talk", ("no", "yes")),)
    )
    edition, changes = load_edition(edition_file(project), SHELF)
    (row,) = edition.mini_projects.all()
    assert (row.labs, [each.slug for each in row.criteria.all()]) == ([], ["talk"])
    assert changes.notes == [
        "Build: no lab quantum on the shelf yet. It is assessed by its own criteria; load the"
        " file again then."
    ]
    AssessmentFactory(criterion=row.criteria.get(), team=TeamFactory(edition=edition))
    _, later = load_edition(edition_file(project), SHELF | {"quantum": lab("quantum", "spins")})
    assert later.updated == ["mini project Build (labs)", "criterion Talk (order)"]
    assert (later.rules, later.notes) == ([], [])
    assert edition.file.mini_projects[0].labs == ("quantum",)


def test_one_of_several_labs_may_be_missing() -> None:
    project = MiniProjectFile(id="build", title="Build", labs=("serving", "quantum"))
    edition, changes = load_edition(edition_file(project), SHELF)
    assert edition.mini_projects.get().labs == ["serving"]
    assert changes.notes == ["Build: no lab quantum on the shelf; the other labs can be taken."]


def test_what_nothing_could_judge_is_refused_whole() -> None:
    project = MiniProjectFile(id="build", title="Build", labs=("quantum",))
    with pytest.raises(Refused, match=r"nothing could be judged\. Known labs: serving, training"):
        load_edition(edition_file(project), SHELF)
    assert (Course.objects.count(), MiniProject.objects.count()) == (0, 0)


def test_a_descriptor_must_be_there_for_every_level() -> None:
    project = MiniProjectFile(id="talk", title="Talk", criteria=(criterion("talk", ("no",)),))
    with pytest.raises(Refused, match="'talk' has no descriptor for the level 'yes'"):
        load_edition(edition_file(project), SHELF)
    assert Edition.objects.count() == 0


def test_the_command_names_file_line_and_field_of_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("course: MLOps\ncourse_code: mlops\nedition: x\ntimezone: Mars/Base\n")
    with pytest.raises(CommandError, match=r"broken\.yaml, line \d+"):
        call_command("load_edition", str(path))
