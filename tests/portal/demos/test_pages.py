"""The pages of demos: talks, sheets, videos, slots that are taken back, the calendar."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from portal.assessment.gather import gather
from portal.assessment.models import Draft
from portal.assessment.policy.facts import Asked, Demonstrated
from portal.common.errors import Refused
from portal.courses.models import Edition, MiniProject
from portal.demos import domain
from portal.demos.domain.sheets import Filled
from portal.demos.feed import address_of, renew
from portal.demos.models import Article, DemoNote, Slot, Talk, VideoLink
from portal.demos.offers import Status
from portal.people.models import User
from tests.portal.demos.conftest import NOW, Publish

LINK = "https://video.example/watch"


def facts(edition: Edition, person: User, kind: type) -> list[Any]:
    return [each for each in gather(edition).facts[person.pk] if isinstance(each, kind)]


def as_(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


class TestTalks:
    def change(self, client: Client, edition: Edition, **sent: Any) -> str:
        path = reverse("demos:change-talks", args=[edition.pk])
        return client.post(path, sent, follow=True).content.decode()

    def test_from_a_list_of_articles_to_who_asked_whom(
        self, hogent: Edition, alice: User, bob: User, tina: User, client: Client
    ) -> None:
        as_(client, tina)
        lines = "Hidden debt | https://example.org/debt\nDrift <b>\n\nTests of data"
        assert "3 articles added" in self.change(client, hogent, deed="add", lines=lines)
        debt = Article.objects.get(title="Hidden debt")
        page = self.change(client, hogent, deed="assign", article=debt.pk, who="alice")
        assert f"{alice.name} presents it." in page
        assert "Drift &lt;b&gt;" in page
        assert "1 students got an article" in self.change(client, hogent, deed="draw")
        talk = Talk.objects.get(student=alice)
        question = reverse("demos:question", args=[talk.pk])
        own = client.post(question, {"who": "alice"}, follow=True).content.decode()
        assert "A question to one&#x27;s own talk does not count" in own
        client.post(question, {"who": "bob"})
        assert [each.talk for each in facts(hogent, bob, Asked)] == [talk.name]
        client.post(question, {"student": bob.pk, "back": "1"})
        assert facts(hogent, bob, Asked) == []

    def test_names_that_nobody_has_are_refused(
        self, hogent: Edition, alice: User, tina: User, client: Client
    ) -> None:
        as_(client, tina)
        self.change(client, hogent, deed="add", lines="Drift")
        article = Article.objects.get()
        page = self.change(client, hogent, deed="assign", article=article.pk, who="nobody")
        assert "Nobody here signs in as" in page
        page = self.change(client, hogent, deed="assign", article=article.pk, who="tina")
        assert "is no student of this edition" in page
        assert not Talk.objects.exists()

    def test_an_article_has_one_student_and_a_student_one_article(
        self, hogent: Edition, alice: User, bob: User, tina: User
    ) -> None:
        first, second = domain.add_articles(edition=hogent, lines="One\nTwo", by=tina)
        domain.assign(article=first, student=alice, by=tina)
        with pytest.raises(Refused, match="Take it back first"):
            domain.assign(article=first, student=bob, by=tina)
        domain.assign(article=second, student=alice, by=tina)
        assert Talk.objects.get().article == second
        with pytest.raises(Refused, match="Somebody presents"):
            domain.remove_article(article=second, by=tina)
        with pytest.raises(Refused, match="stands on the list already"):
            domain.add_articles(edition=hogent, lines="One", by=tina)

    def test_the_order_is_that_of_the_form(
        self, hogent: Edition, alice: User, bob: User, tina: User, client: Client
    ) -> None:
        domain.add_articles(edition=hogent, lines="One\nTwo", by=tina)
        domain.assign_rest(edition=hogent, by=tina)
        first, second = Talk.objects.order_by("order")
        places = {f"place-{first.pk}": "2", f"place-{second.pk}": "1"}
        self.change(as_(client, tina), hogent, deed="order", **places)
        assert list(Talk.objects.order_by("order")) == [second, first]
        page = self.change(client, hogent, deed="order", **{f"place-{first.pk}": "1"})
        assert "changed meanwhile" in page


class TestSheet:
    def test_finishing_tells_the_results_and_drafts_the_levels(
        self,
        hogent: Edition,
        docker: MiniProject,
        alice: User,
        tina: User,
        published: Publish,
        client: Client,
        clock: Any,
    ) -> None:
        slot = published()
        booking = domain.book(slot=slot, mini_project=docker, item="demo", by=alice)
        clock.move_to(slot.starts_at)
        criterion = docker.criteria.prefetch_related("levels")[0]
        level = criterion.levels.all()[2]
        path = reverse("demos:save-sheet", args=[booking.pk])
        sent = {
            "seen": "0",
            "text": "Knows layers.",
            f"level-{criterion.pk}": str(level.pk),
            "asked": "0",
            "present": str(alice.pk),
            "minutes": "8",
        }
        as_(client, tina).post(path, sent)
        assert facts(hogent, alice, Demonstrated) == []
        client.post(path, sent | {"seen": "1", "finish": "1"})
        [shown] = facts(hogent, alice, Demonstrated)
        assert (shown.part, shown.way) == ("docker", "contact")
        booking.refresh_from_db()
        assert booking.status == Status.HELD
        assert Draft.objects.get().level == level
        assert (
            "Knows layers."
            not in as_(client, alice).get(reverse("demos:own", args=[hogent.pk])).content.decode()
        )

    def test_of_two_who_write_at_once_the_second_is_told(
        self, docker: MiniProject, alice: User, tina: User, amir: User, published: Publish
    ) -> None:
        booking = domain.book(slot=published(), mini_project=docker, item="demo", by=alice)
        domain.save_sheet(of=booking, filled=Filled(text="mine"), by=tina, seen=0)
        with pytest.raises(Refused, match="Somebody else saved"):
            domain.save_sheet(of=booking, filled=Filled(text="theirs"), by=amir, seen=0)
        assert DemoNote.objects.get().text == "mine"


class TestVideo:
    def test_what_it_shows_counts_once_it_is_reviewed(
        self, hogent: Edition, docker: MiniProject, alice: User, tina: User, client: Client
    ) -> None:
        path = reverse("demos:send-video", args=[docker.pk, "demo"])
        as_(client, alice).post(path, {"link": LINK})
        [video] = VideoLink.objects.all()
        assert [each.shown for each in facts(hogent, alice, Demonstrated)] == [frozenset()]
        first, second = docker.criteria.all()[:2]
        sheet = reverse("demos:save-video-sheet", args=[video.pk])
        told = {"seen": "0", f"shown-{first.pk}": "1", f"shown-{second.pk}": "0", "finish": "1"}
        as_(client, tina).post(sheet, told)
        assert [each.shown for each in facts(hogent, alice, Demonstrated)] == [{first.slug}]
        own = as_(client, alice).get(reverse("demos:own", args=[hogent.pk])).content.decode()
        assert "not shown" in own
        again = client.post(path, {"link": f"{LINK}?v=2"}, follow=True).content.decode()
        assert "has been reviewed already" in again

    def test_a_video_that_nobody_reviewed_is_replaced(
        self, hogent: Edition, docker: MiniProject, alice: User, clock: Any
    ) -> None:
        for number in range(2):
            domain.send_video(mini_project=docker, item="demo", link=f"{LINK}{number}", by=alice)
            clock.shift(timedelta(minutes=1))
        [shown] = facts(hogent, alice, Demonstrated)
        assert shown.at == NOW + timedelta(minutes=1)

    @pytest.mark.parametrize(
        "link", ["", "video", "http://video.example/1", "https://x", "x" * 600]
    )
    def test_what_is_no_link_is_refused(self, docker: MiniProject, alice: User, link: str) -> None:
        with pytest.raises(Refused, match="link"):
            domain.send_video(mini_project=docker, item="demo", link=link, by=alice)
        assert not VideoLink.objects.exists()


class TestSlots:
    @pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
    def test_nobody_means_a_day_without_a_neighbour(
        self, hogent: Edition, tina: User, client: Client, day: str
    ) -> None:
        path = reverse("demos:day", args=[hogent.pk])
        assert as_(client, tina).get(path, {"on": day}).status_code == 200
        hours = {"begins": "10:00", "ends": "10:30", "minutes": "10", "pause": "0", "weeks": "2"}
        sent = {"kind": "contact", "day": day, "place": "B.1", "capacity": "1", **hours}
        answer = client.post(reverse("demos:publish", args=[hogent.pk]), sent)
        assert answer.status_code == 422
        assert "Nobody can mean the year" in answer.content.decode()

    def test_the_form_makes_slots_on_the_clock_of_the_wall(
        self, hogent: Edition, tina: User, client: Client
    ) -> None:
        """A week later summer time has ended; the slots stay at ten o'clock."""
        sent = {
            "kind": "contact",
            "day": "2024-10-21",
            "begins": "10:00",
            "ends": "10:30",
            "minutes": "10",
            "pause": "5",
            "weeks": "2",
            "place": "B.1",
            "capacity": "1",
        }
        path = reverse("demos:publish", args=[hogent.pk])
        assert as_(client, tina).post(path, sent).status_code == 302
        local = [each.starts_at.astimezone(hogent.zone) for each in Slot.objects.all()]
        assert [f"{each:%d %H:%M}" for each in local] == [
            *("21 10:00", "21 10:15"),
            *("28 10:00", "28 10:15"),
        ]
        moments = Slot.objects.values_list("starts_at", flat=True)
        assert moments[2] - moments[0] == timedelta(days=7, hours=1)
        overlap = client.post(path, sent).content.decode()
        assert "two slots at once" in overlap

    def test_a_slot_taken_back_tells_who_booked_it(
        self,
        hogent: Edition,
        docker: MiniProject,
        alice: User,
        tina: User,
        client: Client,
        published: Publish,
    ) -> None:
        slot = published()
        booking = domain.book(slot=slot, mini_project=docker, item="demo", by=alice)
        path = reverse("demos:withdraw", args=[slot.pk])
        assert "why" in as_(client, tina).post(path, follow=True).content.decode()
        client.post(path, {"reason": "I am ill."})
        booking.refresh_from_db()
        assert booking.status == Status.CANCELLED
        assert booking.events.latest("pk").reason == "I am ill."


class TestCalendar:
    def read(self, client: Client, person: User) -> list[Any]:
        answer = client.get(reverse("demos:feed", args=[address_of(person)]))
        assert answer.headers["Content-Type"].startswith("text/calendar")
        return list(Calendar.from_ical(answer.content).walk("VEVENT"))

    def test_bookings_come_and_go(
        self, docker: MiniProject, alice: User, tina: User, published: Publish, client: Client
    ) -> None:
        slot = published(place="B.1\r\nATTENDEE:mailto:x@example.org")
        assert self.read(client, alice) == []
        booking = domain.book(slot=slot, mini_project=docker, item="demo", by=alice)
        [event] = self.read(client, alice)
        assert event.decoded("dtstart") == slot.starts_at
        assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(minutes=10)
        assert "attendee" not in event
        [own] = self.read(client, tina)
        assert str(own["summary"]) == f"Demo: {booking.team.name}"
        domain.cancel(booking=booking, by=alice)
        assert self.read(client, alice) == []

    def test_an_address_that_was_renewed_shows_nothing(self, alice: User, client: Client) -> None:
        old = reverse("demos:feed", args=[address_of(alice)])
        assert client.get(old).status_code == 200
        renew(alice)
        assert client.get(old).status_code == 404
        assert client.get(reverse("demos:feed", args=["made:up:key"])).status_code == 404

    def test_who_may_not_sign_in_any_more_has_no_calendar(
        self, alice: User, client: Client
    ) -> None:
        address = reverse("demos:feed", args=[address_of(alice)])
        User.objects.filter(pk=alice.pk).update(is_active=False)
        assert client.get(address).status_code == 404
