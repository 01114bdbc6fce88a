"""What programs read and give: the same results, marks and levels as on the pages."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.api.models import Scope
from portal.assessment import domain
from portal.assessment.models import Appointment, Assessment, Mark, Override, Presence
from portal.courses.models import Edition
from portal.people.models import User
from tests.portal.assessment.conftest import level, project, row_of, solo

Program = Callable[..., Client]
JSON = "application/json"


def send(program: Client, path: str, **body: Any) -> Any:
    return program.post(path, body, content_type=JSON)


def test_a_mark_is_given_changed_and_never_overwritten_unseen(
    ruled: Edition, ann: User, lea: User, program: Program
) -> None:
    script, path = program(lea), reverse("api:marks", args=[ruled.pk, "exam"])
    assert script.get(path).json()["results"][0]["points"] is None
    assert send(script, path, owner=ann.pk, points="41.5").json()["version"] == 1
    old = send(script, path, owner=ann.pk, points="12")
    assert (old.status_code, old.json()["code"]) == (409, "refused")
    assert send(script, path, owner=ann.pk, points="42", seen=1).json()["points"] == "42.000"
    listed = script.get(path).json()["results"]
    assert [(each["owner"], each["points"], each["version"]) for each in listed] == [
        (ann.pk, "42.000", 2)
    ]
    assert script.get(path, {"chance": 2}).json()["results"][0]["points"] is None
    assert Mark.objects.get().by == lea


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"points": "61"}, 409),
        ({"points": "NaN"}, 400),
        ({"points": None}, 409),
        ({"points": "5", "chance": 3}, 400),
        ({}, 400),
    ],
)
def test_a_mark_that_cannot_be_is_explained(
    ruled: Edition, ann: User, lea: User, program: Program, body: dict[str, Any], code: int
) -> None:
    path = reverse("api:marks", args=[ruled.pk, "exam"])
    answer = send(program(lea), path, owner=ann.pk, **body)
    assert answer.status_code == code
    assert answer.json()["detail"]
    assert ("fields" in answer.json()) is (code == 400)
    assert not Mark.objects.exists()


def test_to_teach_takes_the_scope(ruled: Edition, ann: User, lea: User, program: Program) -> None:
    path = reverse("api:marks", args=[ruled.pk, "exam"])
    answer = send(program(lea, Scope.READ, Scope.SUBMIT), path, owner=ann.pk, points="5")
    assert answer.status_code == 403


def test_a_level_is_decided_against_what_was_seen(
    ruled: Edition, ann: User, lea: User, program: Program
) -> None:
    path = reverse("api:levels", args=[project(ruled, "edge").pk, solo(ann).pk])
    script = program(lea)
    works, _ = script.get(path).json()["results"]
    assert works["decision"] is None
    told = {"criterion": works["criterion"], "level": "advanced", "comment": "Seen."}
    made = send(script, path, **told).json()
    assert made["decision"]["level"] == "advanced"
    assert made["decision"]["version"] == 1
    again = send(script, path, **told | {"level": "expert"})
    assert again.status_code == 409
    assert "Somebody else decided" in again.json()["detail"]
    assert send(script, path, **told | {"level": "no such"}).status_code == 409
    assert Assessment.objects.get().level.name == "advanced"


def test_the_second_assessor_is_not_told_before_deciding(
    ruled: Edition, ann: User, lea: User, ali: User, program: Program
) -> None:
    criterion = row_of(ruled, "serving")
    domain.decide(team=solo(ann), criterion=criterion, level=level(criterion, "expert"), by=lea)
    path = reverse("api:levels", args=[project(ruled, "serving").pk, solo(ann).pk])
    script = program(ali)
    assert "expert" not in str(
        [{**each, "levels": []} for each in script.get(path).json()["results"]]
    )
    send(script, path, criterion=criterion.pk, level="advanced")
    works = script.get(path).json()["results"][0]
    assert (works["decision"]["level"], works["other"]) == ("advanced", "expert")


def test_results_are_those_of_the_pages(
    ruled: Edition, ann: User, ben: User, lea: User, program: Program
) -> None:
    script = program(lea)
    page = script.get(reverse("api:results", args=[ruled.pk]), {"group": "B"}).json()
    assert [each["username"] for each in page["results"]] == ["ben"]
    one = script.get(reverse("api:result", args=[ruled.pk, ann.pk])).json()
    assert (one["word"], one["gaps"][0]["name"]) == ("withheld", "late_demo")
    assert one["reasons"][0]["cites"]
    own = reverse("api:my-result", args=[ruled.pk])
    assert program(ann).get(own).json()["published_at"] is None
    domain.freeze(edition=ruled, by=lea)
    domain.publish(edition=ruled, by=lea)
    shown = program(ann).get(own).json()
    assert shown["published_at"]
    assert shown["sound"] is True
    assert shown["rules_version"] == 1


def test_lists_cost_the_same_for_many(
    ruled: Edition,
    lea: User,
    join: Callable[..., User],
    program: Program,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    script, counts = program(lea), []
    join("first")
    names = ("results", "roster", "teams", "dates", "rules")
    paths = [reverse(f"api:{name}", args=[ruled.pk]) for name in names]
    paths.append(reverse("api:marks", args=[ruled.pk, "exam"]))
    paths.append(reverse("api:figures", args=[project(ruled, "edge").pk]))
    for path in paths:
        script.get(path)
    for number in range(2):
        with django_assert_max_num_queries(200) as captured:
            assert all(script.get(path).status_code == 200 for path in paths)
        counts.append(len(captured))
        for extra in range(12):
            join(f"more-{number}-{extra}")
    assert counts[0] == counts[1]


def test_the_office_by_program(
    ruled: Edition, ann: User, lea: User, ali: User, program: Program
) -> None:
    script, edge = program(lea), project(ruled, "edge")
    settle = reverse("api:settle", args=[ruled.pk])
    assert send(script, settle, setting="late_demo", value="x", reason="y").status_code == 409
    assert send(script, settle, setting="late_demo", value=True, reason="y").status_code == 204
    one = reverse("api:result", args=[ruled.pk, ann.pk])
    assert script.get(one).json()["gaps"] == []
    extend = reverse("api:extend", args=[edge.pk])
    until = "2026-12-24T12:00:00Z"
    given = send(script, extend, team=solo(ann).pk, until=until, reason="Was ill.")
    assert given.status_code == 204
    dates = program(ann).get(reverse("api:dates", args=[ruled.pk])).json()["deadlines"]
    assert (dates[0]["due"], dates[0]["extended"]) == (until, True)
    move = reverse("api:move-session", args=[ruled.pk])
    assert send(script, move, session="s1", on="2026-10-06", reason="No room.").status_code == 204
    [session] = script.get(reverse("api:dates", args=[ruled.pk])).json()["sessions"]
    assert (session["day"], session["moved"]) == ("2026-10-06", True)
    asks = reverse("api:requests", args=[ruled.pk])
    asked = send(program(ann), asks, part="edge", words="Please.").json()
    answer = reverse("api:answer", args=[asked["id"]])
    assert send(program(ali), answer, words="It stays.", changed=False).status_code == 201
    [seen] = program(ann).get(asks).json()["results"]
    assert seen["answer"] == {"words": "It stays.", "changed": False}
    publishing = reverse("api:publishing", args=[ruled.pk])
    assert send(script, publishing, step="publish").status_code == 409
    steps = [send(script, publishing, step=step).json() for step in ("freeze", "publish")]
    assert [each["stands"] for each in steps] == ["frozen", "published"]
    assert send(script, publishing, step="unfreeze").status_code == 409


def test_what_is_said_of_a_student_by_program(
    ruled: Edition, ann: User, lea: User, ali: User, program: Program
) -> None:
    def say(by: User, name: str, **body: Any) -> int:
        path = reverse(f"api:{name}", args=[ruled.pk, ann.pk])
        return int(send(program(by), path, **body).status_code)

    assert say(ali, "presence", event="s1", present=False, reason="Was ill.") == 204
    assert say(ali, "presence", event="s1", present=None) == 204
    assert say(ali, "presence", event="no-such", present=True) == 409
    assert [each.present for each in Presence.objects.all()] == [False, None]
    rule = {"rule": "HOG-21", "part": "edge", "reason": "Was ill."}
    assert say(ali, "lift", **rule) == 403
    assert say(lea, "lift", **rule) == 204
    assert say(lea, "lift", **rule, holds=False) == 204
    assert say(lea, "lift", **rule | {"rule": "HOG-28"}) == 409
    assert say(lea, "lift", **rule | {"reason": " "}) == 400
    assert say(ali, "bonus", points="0.5", reason="Helped others.") == 403
    assert say(lea, "bonus", points="0.5", reason="Helped others.") == 204
    assert say(lea, "bonus", points="2", reason="Helped others.") == 409
    rows = Override.objects.values_list("rule", "part", "points", "holds")
    assert list(rows) == [
        ("HOG-21", "edge", None, True),
        ("HOG-21", "edge", None, False),
        ("HOG-30", "", Decimal("0.5"), True),
    ]
    assert say(ali, "arrange", on="2027-02-15", reason="By phone.") == 204
    assert say(ali, "arrange", holds=False) == 204
    assert [each.holds for each in Appointment.objects.all()] == [True, False]
    assert say(ann, "presence", event="s1", present=True) == 404
