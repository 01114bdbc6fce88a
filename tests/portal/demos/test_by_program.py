"""Slots for programs: published, booked, cancelled, held; with the reasons of the pages."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from portal.api.models import Scope
from portal.assessment.models import Draft
from portal.courses.domain import team_for
from portal.courses.models import Edition, MiniProject
from portal.demos.domain import add_articles, assign
from portal.demos.models import Booking, Slot
from portal.demos.offers import Kind, Status
from portal.people.models import User
from tests.portal.demos.conftest import NOW, Publish, own_team

Program = Callable[..., Client]
JSON = "application/json"


def send(program: Client, name: str, *args: object, **body: Any) -> Any:
    return program.post(reverse(f"api:{name}", args=args), body, content_type=JSON)


def test_from_a_slot_to_a_demo_that_was_held(
    hogent: Edition, docker: MiniProject, alice: User, tina: User, program: Program, clock: Any
) -> None:
    start = NOW + timedelta(days=4)
    told = {"kind": "contact", "starts": [start.isoformat()], "minutes": 10, "place": "B.1"}
    made = send(program(tina), "slots", hogent.pk, **told)
    assert made.status_code == 201, made.text
    slot = made.json()[0]["id"]
    shown = program(alice).get(reverse("api:own-slots", args=[docker.pk, "demo"])).json()
    assert [(each["slot"]["id"], each["answer"]) for each in shown["results"]] == [(slot, "open")]
    work = {"mini_project": "docker", "item": "demo"}
    booked = send(program(alice), "book", slot, **work)
    assert booked.status_code == 201, booked.text
    again = send(program(alice), "book", slot, **work)
    assert again.status_code == 409
    assert "You are booked for this" in again.json()["detail"]
    early = send(program(tina), "outcome", booked.json()["id"], status="held")
    assert early.status_code == 409
    clock.move_to(start + timedelta(minutes=10))
    held = send(program(tina), "outcome", booked.json()["id"], status="held", minutes=9)
    assert held.json()["status"] == "held"
    assert own_team(alice).demos_held.get().minutes == 9


def test_a_slot_at_the_end_of_time_is_refused(
    hogent: Edition, tina: User, program: Program
) -> None:
    told = {"kind": "contact", "minutes": 10, "place": "B.1"}
    for start in ("9999-12-31T23:59:00Z", "2101-01-01T00:00:00Z"):
        answer = send(program(tina), "slots", hogent.pk, starts=[start], **told)
        assert answer.status_code == 409
    assert not Slot.objects.exists()


def test_a_closed_slot_says_why(
    docker: MiniProject, alice: User, bob: User, published: Publish, program: Program
) -> None:
    slot = published()
    work = {"mini_project": "docker", "item": "demo"}
    mine = send(program(bob), "book", slot.pk, **work).json()["id"]
    own = reverse("api:own-slots", args=[docker.pk, "demo"])
    seen = program(alice).get(own).json()["results"][0]
    assert seen["answer"] == "waiting"
    assert seen["closed"][0]["says"] == "Somebody has taken it."
    assert send(program(alice), "cancel-booking", mine).status_code == 404
    assert send(program(bob), "cancel-booking", mine).json()["status"] == "cancelled"
    assert program(alice).get(own).json()["results"][0]["answer"] == "open"


def test_the_link_of_a_call_is_for_who_booked_it(
    docker: MiniProject, alice: User, published: Publish, program: Program
) -> None:
    slot = published(kind=Kind.CALL, place="https://call.example/abc")
    own = reverse("api:own-slots", args=[docker.pk, "demo"])
    assert program(alice).get(own).json()["results"][0]["slot"]["place"] == ""
    send(program(alice), "book", slot.pk, mini_project="docker", item="demo")
    shown = program(alice).get(own).json()["results"][0]
    assert (shown["ours"], shown["slot"]["place"]) == (True, "https://call.example/abc")


def test_staff_book_for_a_team_and_take_a_slot_back(
    hogent: Edition, alice: User, tina: User, published: Publish, program: Program
) -> None:
    slot, script = published(), program(tina)
    team = team_for(person=alice, mini_project=hogent.mini_projects.get(slug="docker"))
    told = {"mini_project": "docker", "item": "demo", "team": team.pk}
    assert send(program(alice), "book-for", slot.pk, **told).status_code == 404
    made = send(script, "book-for", slot.pk, **told)
    assert made.status_code == 201, made.text
    assert script.get(reverse("api:slots", args=[hogent.pk])).json()["results"][0]["taken"] == 1
    assert send(script, "withdraw", slot.pk, reason="I am ill.").status_code == 204
    assert Booking.objects.get().status == Status.CANCELLED
    assert Slot.objects.get().withdrawn_at is not None


def test_a_student_sees_the_bookings_of_their_teams_alone(
    hogent: Edition, alice: User, bob: User, tina: User, published: Publish, program: Program
) -> None:
    for person, days in ((alice, 4), (bob, 5)):
        slot = published(NOW + timedelta(days=days))
        send(program(person), "book", slot.pk, mini_project="docker", item="demo")
    path = reverse("api:bookings", args=[hogent.pk])
    assert program(alice).get(path).json()["count"] == 1
    assert program(tina, Scope.READ).get(path).json()["count"] == 2
    rest = {"item": "demo", "mini_project": "docker"}
    assert send(program(tina, Scope.READ), "book", slot.pk, **rest).status_code == 403


def test_a_team_waits_moves_up_and_leaves(
    hogent: Edition,
    docker: MiniProject,
    alice: User,
    bob: User,
    tina: User,
    published: Publish,
    program: Program,
) -> None:
    slot, work = published(), {"mini_project": "docker", "item": "demo"}
    own = reverse("api:own-slots", args=[docker.pk, "demo"])
    mine = send(program(bob), "book", slot.pk, **work).json()["id"]
    waits = send(program(alice), "wait", slot.pk, **work)
    assert waits.status_code == 201, waits.text
    key = waits.json()["id"]
    assert program(alice).get(own).json()["results"][0]["waits"] == key
    staff = program(tina).get(reverse("api:slots", args=[hogent.pk])).json()["results"][0]
    assert (staff["taken"], staff["waiting"]) == (1, 1)
    assert send(program(bob), "leave", key).status_code == 404
    assert send(program(alice), "leave", key).status_code == 204
    assert program(alice).get(own).json()["results"][0]["waits"] is None
    send(program(alice), "wait", slot.pk, **work)
    send(program(bob), "cancel-booking", mine)
    listed = program(alice).get(reverse("api:bookings", args=[hogent.pk])).json()["results"]
    assert [each["status"] for each in listed] == ["booked"]
    free = send(program(bob), "wait", published(NOW + timedelta(days=5)).pk, **work)
    assert (free.status_code, free.json()["detail"]) == (409, "This slot is free: book it.")


def test_questions_at_talks_are_noted_and_taken_back(
    hogent: Edition, alice: User, bob: User, amir: User, program: Program
) -> None:
    article, _ = add_articles(edition=hogent, lines="One | https://a.example/1\nTwo", by=amir)
    talk = assign(article=article, student=alice, by=amir)
    assert talk
    path, script = reverse("api:talks", args=[hogent.pk]), program(amir)
    assert send(script, "question", talk.pk, student=bob.pk).status_code == 204
    [told] = program(bob).get(path).json()["results"]
    assert (told["title"], told["link"], told["order"]) == ("One", "https://a.example/1", 1)
    assert told["student"] == {"person": alice.pk, "name": "Alice"}
    assert told["asked_by"] == [{"person": bob.pk, "name": "Bob"}]
    assert send(script, "question", talk.pk, student=alice.pk).status_code == 409
    assert send(script, "question", talk.pk, student=amir.pk).status_code == 404
    assert send(script, "question", talk.pk, student=bob.pk, holds=False).status_code == 204
    assert program(bob).get(path).json()["results"][0]["asked_by"] == []


def test_a_sheet_is_saved_read_and_finished(
    docker: MiniProject, alice: User, tina: User, published: Publish, program: Program, clock: Any
) -> None:
    slot, script = published(), program(tina)
    booked = send(program(alice), "book", slot.pk, mini_project="docker", item="demo").json()["id"]
    path = reverse("api:sheet", args=[booked])
    empty = script.get(path).json()
    assert (empty["version"], empty["levels"], empty["by"]) == (0, [], "")
    assert empty["members"] == [{"person": alice.pk, "name": "Alice"}]
    criterion = docker.criteria.all()[0]
    ticked = {"criterion": criterion.pk, "level": criterion.levels.all()[1].name}
    kept = send(script, "sheet", booked, text="Knows it.", levels=[ticked], asked=[0], seconds=90)
    assert kept.status_code == 200, kept.text
    assert (kept.json()["version"], kept.json()["levels"]) == (1, [ticked])
    wrong = send(script, "sheet", booked, levels=[ticked | {"level": "no such"}], seen=1)
    assert wrong.status_code == 409
    old = send(script, "sheet", booked, text="Another word.")
    assert "Somebody else saved this sheet" in old.json()["detail"]
    told = {"text": "Done.", "levels": [ticked], "present": [alice.pk], "finish": True, "seen": 1}
    assert send(script, "sheet", booked, **told).status_code == 409  # it has not begun
    assert script.get(path).json()["text"] == "Knows it."  # nothing of it was kept
    clock.move_to(slot.starts_at + timedelta(minutes=10))
    done = send(program(tina), "sheet", booked, **told).json()
    assert done["finished_at"]
    assert (done["present"], done["by"]) == ([alice.pk], "Tina")
    assert Booking.objects.get().status == Status.HELD
    assert Draft.objects.get().level.name == ticked["level"]
