"""The rules of an edition: each version is kept, and none changes under what was decided."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from lab_specs.edition.file import MiniProjectFile
from portal.common.errors import Refused
from portal.courses import queries, versions
from portal.courses.catalog import load_edition
from portal.courses.models import Edition, MiniProject, RuleVersion
from tests.factories import AssessmentFactory, EditionFactory, MiniProjectFactory
from tests.portal.courses.test_catalog import SHELF, criterion, edition_file

pytestmark = pytest.mark.django_db


def part(title: str = "Build", **more: Any) -> MiniProjectFile:
    return MiniProjectFile(id="build", title=title, labs=("serving",), **more)


def decide(edition: Edition) -> None:
    AssessmentFactory(criterion=edition.mini_projects.get().criteria.first())


@pytest.mark.rule("ZHAW-11")
def test_each_version_of_the_rules_is_kept_and_the_newest_holds() -> None:
    edition, first = load_edition(edition_file(part()), SHELF)
    assert first.rules == []
    assert edition.file == edition_file(part())
    edition, second = load_edition(edition_file(part(by_team=True), rules_version=2), SHELF)
    assert second.rules == ["mini_projects.build.by_team: False → True", "rules_version: 1 → 2"]
    assert edition.file.mini_projects[0].by_team
    kept = edition.rule_versions.values_list("number", "rules_version", "change")
    assert list(kept) == [(2, 2, "\n".join(second.rules)), (1, 1, "")]
    assert queries.rules_used(edition) == edition.rule_versions.get(number=2)


def test_the_same_file_again_makes_no_version() -> None:
    for _ in range(2):
        edition, _ = load_edition(edition_file(), SHELF)
    assert edition.rule_versions.count() == 1


def test_a_version_is_never_rewritten() -> None:
    edition, _ = load_edition(edition_file(), SHELF)
    with pytest.raises(IntegrityError, match="only ever added"), transaction.atomic():
        RuleVersion.objects.filter(edition=edition).update(body="{}")


def test_rules_change_freely_until_somebody_is_assessed() -> None:
    load_edition(edition_file(part()), SHELF)
    edition, changes = load_edition(edition_file(part(by_team=True)), SHELF)
    assert changes.rules == ["mini_projects.build.by_team: False → True"]
    decide(edition)
    with pytest.raises(Refused, match=r"build.by_team: True → False\. Write rules_version: 2"):
        load_edition(edition_file(part()), SHELF)
    assert edition.rule_versions.count() == 2
    assert edition.mini_projects.get().by_team
    load_edition(edition_file(part(), rules_version=2), SHELF)
    with pytest.raises(Refused, match="Is this an old file"):
        load_edition(edition_file(part()), SHELF)


def test_words_about_the_course_are_no_rules() -> None:
    edition, _ = load_edition(edition_file(part(), source="a guide"), SHELF)
    decide(edition)
    _, changes = load_edition(edition_file(part(), source="another guide"), SHELF)
    assert changes.rules == ["source: a guide → another guide"]


def test_an_edition_made_by_hand_has_its_rows_and_no_rules(edition: Edition) -> None:
    row = MiniProjectFactory(edition=edition, deadline=None)
    assert (edition.file.rules, edition.file.scale, edition.file.sessions) == ((), None, ())
    assert [each.id for each in edition.file.mini_projects] == [row.slug]
    assert queries.rules_used(edition) is None


def test_a_file_is_parsed_once_and_read_once_per_object(
    django_assert_num_queries: Callable[..., Any],
) -> None:
    edition, _ = load_edition(edition_file(), SHELF)
    assert edition.file.course == "MLOps"
    fresh = Edition.objects.get(pk=edition.pk)
    with django_assert_num_queries(1):
        assert fresh.file is fresh.file
    assert fresh.file is edition.file


def test_differences_are_told_by_name_and_place() -> None:
    old = edition_file(part())
    new = edition_file(part("Make")).model_copy(update={"levels": ("yes", "no")})
    assert versions.differences(versions.told(old), versions.told(new)) == [
        "levels.0: no → yes",
        "levels.1: yes → no",
        "mini_projects.build.title: Build → Make",
    ]
    assert versions.differences([{"id": "a"}, {"id": "b"}], [{"id": "b"}, {"id": "a"}], "x") == [
        "x: in another order"
    ]


def written(tmp_path: Path, **more: Any) -> str:
    path = tmp_path / "edition.yaml"
    content = {
        "course": "MLOps",
        "course_code": "mlops",
        "edition": "2026-27",
        "timezone": "Europe/Brussels",
        "levels": ["no", "yes"],
        "mini_projects": [
            {
                "id": "talk",
                "title": "Talk",
                "criteria": [criterion("c", ("no", "yes")).model_dump()],
            }
        ],
    }
    path.write_text(yaml.safe_dump(content | more))
    return str(path)


def test_the_command_shows_first_and_does_it_then(tmp_path: Path) -> None:
    out = StringIO()
    call_command("load_edition", written(tmp_path), "--dry-run", stdout=out)
    assert "created mini project Talk" in out.getvalue()
    assert "nothing was changed" in out.getvalue()
    assert not Edition.objects.exists()
    assert not MiniProject.objects.exists()
    call_command("load_edition", written(tmp_path), stdout=out)
    out = StringIO()
    call_command("load_edition", written(tmp_path, ends="2027-02-01"), "--dry-run", stdout=out)
    assert "rules: ends: nothing → 2027-02-01" in out.getvalue()
    assert Edition.objects.get().file.ends is None


def test_the_command_refuses_to_change_rules_in_use(tmp_path: Path) -> None:
    call_command("load_edition", written(tmp_path), stdout=StringIO())
    decide(Edition.objects.get())
    with pytest.raises(CommandError, match="ends: nothing → 2027-02-01"):
        call_command("load_edition", written(tmp_path, ends="2027-02-01"))


def test_any_row_of_assessment_counts_as_decided() -> None:
    edition = EditionFactory()
    assert not versions.assessed(edition)
    project = MiniProjectFactory(edition=edition)
    AssessmentFactory(criterion__mini_project=project)
    assert versions.assessed(edition)
    assert not versions.assessed(EditionFactory())
