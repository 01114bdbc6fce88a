"""Pages of results: the gradebook, files, what-if, resits, requests, coverage."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from portal.assessment import domain
from portal.assessment.card import card
from portal.assessment.domain.given import give_mark
from portal.assessment.marksheet import plan
from portal.assessment.models import Appointment, Mark, Override, ReviewRequest
from portal.assessment.results import result_of
from portal.common.cells import harmless
from portal.courses import domain as courses
from portal.courses.models import Edition
from portal.courses.sheets import read
from portal.people.models import User
from tests.portal.assessment.conftest import level, row_of, solo

HTMX = {"HX-Request": "true"}


def page_of(client: Client, page: str, *args: object, **asked: Any) -> str:
    answer = client.get(reverse(f"assessment:{page}", args=args), asked)
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def as_(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


def graded(edition: Edition, person: User, name: str, *assessors: User) -> None:
    """Every criterion at one level; one of the mini-projects takes two assessors."""
    for part, own in (("edge", assessors[:1]), ("serving", assessors)):
        for row in ("works", "report"):
            criterion = row_of(edition, part, row)
            for by in own:
                domain.decide(
                    team=solo(person), criterion=criterion, level=level(criterion, name), by=by
                )


class TestBook:
    def test_it_is_filtered(
        self, ruled: Edition, ann: User, ben: User, lea: User, client: Client
    ) -> None:
        as_(client, lea)
        for asked in ({"name": "ANN"}, {"name": "s1"}, {"group": "A"}, {"track": "gent"}):
            page = page_of(client, "book", ruled.pk, **asked)
            assert "1 of 2 students" in page, asked
            assert f"why-{ann.pk}" in page
            assert f"why-{ben.pk}" not in page
        assert "Nobody matches" in page_of(client, "book", ruled.pk, outcome="passed")

    def test_the_reasons_open_below_a_line(
        self, ruled: Edition, ann: User, lea: User, client: Client
    ) -> None:
        path = reverse("assessment:record", args=[ruled.pk, ann.pk])
        fragment = as_(client, lea).get(path, headers=HTMX).content.decode()
        assert "<html" not in fragment
        assert "Missing: late_demo." in fragment
        assert "The lecturer in charge" in fragment

    def test_what_was_said_by_hand_stands_on_the_record(
        self, ruled: Edition, ann: User, lea: User, client: Client
    ) -> None:
        path = reverse("assessment:say", args=[ruled.pk, ann.pk])
        as_(client, lea)
        said: list[dict[str, str]] = [
            {"what": "lift", "rule": "HOG-21", "part": "edge", "reason": "Was <ill>."},
            {"what": "move", "points": "0,5", "reason": "A talk."},
            {"what": "presence", "event": "s1", "present": "no", "reason": "No word."},
            {"what": "appoint", "on": "2026-10-05"},
        ]
        for each in said:
            client.post(path, each)
        page = page_of(client, "record", ruled.pk, ann.pk)
        for words in ("Was &lt;ill&gt;.", "A talk.", "No word.", "arranged"):
            assert words in page
        assert Override.objects.count() == 2
        for wrong in ({"what": "lift", "rule": "X", "reason": "y"}, {"what": "move"}, {}):
            client.post(path, wrong)
        for typed in ("1e30", "999999999999", "NaN", "0.0001"):
            refused = {"what": "move", "points": typed, "reason": "y"}
            assert client.post(path, refused).status_code == 302
        assert Override.objects.count() == 2

    def test_nobody_has_an_endless_number(
        self, ruled: Edition, ann: User, lea: User, client: Client
    ) -> None:
        as_(client, lea)
        path = reverse("assessment:mark", args=[ruled.pk, "exam"])
        for key in ("9" * 30, "9" * 5_000, "0", "\u0663"):
            assert client.post(path, {"owner": key, "points": "3"}).status_code == 404
        for page in ("record", "card"):
            nobody = reverse(f"assessment:{page}", args=[ruled.pk, 10**30])
            assert client.get(nobody).status_code == 404
        client.post(path, {"owner": ann.pk, "points": "3", "seen": "9" * 5_000})
        assert Mark.objects.get().points == 3
        criterion = row_of(ruled, "edge")
        place = [criterion.mini_project_id, solo(ann).pk, criterion.pk]
        form = {"level": criterion.levels.all()[0].pk, "seen": "9" * 5_000}
        assert client.post(reverse("assessment:assess-one", args=place), form).status_code == 302

    def test_assistants_lift_nothing(
        self, ruled: Edition, ann: User, ali: User, client: Client
    ) -> None:
        path = reverse("assessment:say", args=[ruled.pk, ann.pk])
        sent = {"what": "lift", "rule": "HOG-21", "reason": "y"}
        assert as_(client, ali).post(path, sent).status_code == 403
        assert not Override.objects.exists()


class TestFiles:
    @pytest.mark.parametrize(
        "text",
        [
            *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1", "\u00a0=1", "\ta"),
            *("\uff1d1", "\uff0b1", "\uff0d1", "\uff20SUM(A1)", "\uffff=1"),
        ],
    )
    def test_what_a_spreadsheet_would_run_is_text(self, text: str) -> None:
        assert harmless(text).startswith("'")

    @pytest.mark.parametrize("text", ["Ann", "12,5", "", "a=1", "über"])
    def test_other_text_stays(self, text: str) -> None:
        assert harmless(text) == text

    def test_both_files_hold_everybody_and_no_formula(
        self, ruled: Edition, ann: User, ben: User, lea: User, client: Client
    ) -> None:
        User.objects.filter(pk=ann.pk).update(display_name='=HYPERLINK("https://x.example")\uffff')
        as_(client, lea)
        path = reverse("assessment:export", args=[ruled.pk, "csv"])
        rows = list(csv.reader(io.StringIO(client.get(path).content.decode("utf-8-sig"))))
        assert [row[1] for row in rows] == ["Number", "s1", "s2"]
        assert rows[1][0].startswith("'=HYPERLINK")
        path = reverse("assessment:export", args=[ruled.pk, "xlsx"])
        sheet = load_workbook(io.BytesIO(client.get(path, {"group": "A"}).content)).active
        assert sheet is not None
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
        assert sheet.max_row == 2
        assert client.get(reverse("assessment:export", args=[ruled.pk, "exe"])).status_code == 404

    def test_a_name_that_can_mean_two_gives_neither_a_mark(
        self, ruled: Edition, ann: User, join: Callable[..., User]
    ) -> None:
        join("S1")  # signs in with what is Ann's number
        (line,) = plan(ruled, "exam", read(b"username,points\ns1,10\n")).lines
        assert line.owner is None
        assert line.problem == "'s1' can mean S1 or ann"

    def test_a_card_may_have_a_line_longer_than_a_page(self) -> None:
        levels = [{"title": "word " * 20, "level": "advanced"} for _ in range(60)]
        part = {"title": "Edge", "status": "", "levels": levels}
        content = {"word": "passed", "value": "12", "reasons": [], "marks": [], "parts": [part]}
        content |= {"rules_version": 1, "rules_digest": "x" * 64}
        pdf = card(student={"name": "Ann", "number": ""}, edition="e", content=content, status="s")
        assert pdf.startswith(b"%PDF")

    def test_a_card_is_a_pdf_for_its_student_and_staff(
        self, ruled: Edition, ann: User, ben: User, lea: User, client: Client
    ) -> None:
        name = "Ann <b>Ærø</b> \N{PILE OF POO} & " + "long " * 20
        User.objects.filter(pk=ann.pk).update(display_name=name)
        graded(ruled, ann, "advanced", lea)
        of_ann = reverse("assessment:card", args=[ruled.pk, ann.pk])
        own = reverse("assessment:my-card", args=[ruled.pk])
        for person, path in ((lea, of_ann), (ann, own)):
            answer = as_(client, person).get(path)
            assert answer.headers["Content-Type"] == "application/pdf"
            assert answer.content.startswith(b"%PDF-")
            assert len(answer.content) > 5_000
        assert as_(client, ben).get(of_ann).status_code == 404


class TestMarks:
    def upload(self, client: Client, edition: Edition, data: bytes, **more: str) -> Any:
        path = reverse("assessment:upload", args=[edition.pk, "exam"])
        return client.post(path, {"file": SimpleUploadedFile("marks.csv", data), **more})

    def test_a_file_is_looked_at_before_it_is_stored(
        self, ruled: Edition, ann: User, ben: User, lea: User, client: Client
    ) -> None:
        as_(client, lea)
        preview = self.upload(client, ruled, b"number;points;comment\ns1;41,5;good\ns2;60;\n")
        assert "2 of 2 lines change a mark" in preview.content.decode()
        assert not Mark.objects.exists()
        again = {"table": preview.context["table"], "digest": preview.context["plan"].digest}
        path = reverse("assessment:upload", args=[ruled.pk, "exam"])
        page = client.post(path, again, follow=True).content.decode()
        assert "2 marks stored" in page
        assert [str(each.points) for each in Mark.objects.order_by("student")] == [
            "41.500",
            "60.000",
        ]

    def test_somebody_was_faster_than_the_preview(
        self, ruled: Edition, ann: User, lea: User, client: Client
    ) -> None:
        from decimal import Decimal  # noqa: PLC0415 - only here

        as_(client, lea)
        preview = self.upload(client, ruled, b"number,points\ns1,41\n")
        again = {"table": preview.context["table"], "digest": preview.context["plan"].digest}
        give_mark(edition=ruled, mark="exam", owner=ann, points=Decimal(7), by=lea)
        path = reverse("assessment:upload", args=[ruled.pk, "exam"])
        assert "Something changed meanwhile" in client.post(path, again).content.decode()
        assert Mark.objects.get().points == 7

    def test_each_bad_line_is_named_and_nothing_is_stored(
        self, ruled: Edition, ann: User, ben: User, lea: User, client: Client
    ) -> None:
        data = b"username,points\nann,40\nnobody,1\nben,61\nann,2\nben,x\nben,\n"
        answer = self.upload(as_(client, lea), ruled, data)
        assert answer.status_code == 422
        problems = {each.number: each.problem for each in answer.context["plan"].problems}
        assert sorted(problems) == [3, 4, 5, 6, 7]
        assert "no student" in problems[3]
        assert "line 2" in problems[5]
        digest = answer.context["plan"].digest
        sent = {"table": answer.context["table"], "digest": digest}
        client.post(reverse("assessment:upload", args=[ruled.pk, "exam"]), sent)
        assert not Mark.objects.exists()

    def test_excel_is_read_as_well(
        self, ruled: Edition, ann: User, lea: User, client: Client
    ) -> None:
        book, out = Workbook(), io.BytesIO()
        assert book.active is not None
        for row in (["number", "points"], ["s1", 41.5]):
            book.active.append(row)
        book.save(out)
        preview = self.upload(as_(client, lea), ruled, out.getvalue())
        assert "1 of 1 lines change a mark" in preview.content.decode()

    def test_one_mark_in_its_own_row(
        self, ruled: Edition, ann: User, lea: User, ali: User, client: Client
    ) -> None:
        path = reverse("assessment:mark", args=[ruled.pk, "exam"])
        sent = {"owner": ann.pk, "points": "41,5", "seen": "0"}
        assert "✔ Saved" in as_(client, lea).post(path, sent, headers=HTMX).content.decode()
        late = as_(client, ali).post(path, sent | {"points": "3"}, headers=HTMX)
        assert late.status_code == 422
        assert "41.5" in late.content.decode()
        gone = client.post(path, {"owner": ann.pk, "points": "", "seen": "1"}, headers=HTMX)
        assert "Say why the mark is taken back" in gone.content.decode()


class TestMine:
    def test_what_if_stores_nothing(
        self, ruled: Edition, ann: User, lea: User, client: Client
    ) -> None:
        courses.answer(edition=ruled, setting="late_demo", value=True, by=lea, reason="Agreed.")
        ruled = Edition.objects.get(pk=ruled.pk)
        criterion = row_of(ruled, "edge")
        low = level(criterion, criterion.levels.all()[0].name)
        domain.decide(team=solo(ann), criterion=criterion, level=low, by=lea)
        as_(client, ann)
        path = reverse("assessment:mine", args=[ruled.pk])
        before = result_of(ruled, ann)
        assert before is not None
        asked = {
            f"level:{part}:{row}": "expert" for part in ("edge", "serving") for row in ("works",)
        }
        fragment = client.get(path, asked, headers=HTMX).content.decode()
        assert "Then:" in fragment
        assert "<html" not in fragment
        same = client.get(path, {"level:edge:works": low.name}, headers=HTMX).content.decode()
        assert "Nothing would change" in same
        # The last one, as a fraction, has two million digits.
        for typed in ("NaN", "-1", "61", "\u0663", "1e-2000000"):
            odd = {"level:edge:works": "no such", "level:x:y": "expert", "mark:exam": typed}
            assert "Nothing would change" in client.get(path, odd, headers=HTMX).content.decode()
        after = result_of(ruled, ann)
        assert after is not None
        assert (before.result, before.word) == (after.result, after.word)

    def test_what_if_shows_the_value_that_would_come_out(
        self, ruled: Edition, ann: User, lea: User, ali: User, client: Client
    ) -> None:
        graded(ruled, ann, "advanced", lea, ali)
        as_(client, ann)
        asked = {"level:edge:works": "expert"}
        page = page_of(client, "mine", ruled.pk, **asked)
        assert "Then: <strong>" in page
        assert "selected>expert" in page

    def test_a_request_is_answered_on_the_record(
        self, ruled: Edition, ann: User, ali: User, client: Client
    ) -> None:
        ask = reverse("assessment:ask", args=[ruled.pk])
        as_(client, ann)
        client.post(ask, {"part": "edge", "words": "The <script> ran."})
        for wrong in ({"words": " "}, {"words": "x", "part": "no-such"}, {"words": "x" * 2001}):
            client.post(ask, wrong)
        request = ReviewRequest.objects.get()
        as_(client, ali)
        assert "1 wait for an answer" in page_of(client, "requests", ruled.pk)
        answer = reverse("assessment:answer", args=[ruled.pk, request.pk])
        client.post(answer, {"words": "Looked at; it stays."})
        client.post(answer, {"words": "Something else."})
        own = page_of(as_(client, ann), "mine", ruled.pk)
        assert "The &lt;script&gt; ran." in own
        assert "Looked at; it stays." in own
        assert "Something else." not in own

    def test_nobody_floods_the_staff_with_requests(
        self, ruled: Edition, ann: User, client: Client
    ) -> None:
        ask = reverse("assessment:ask", args=[ruled.pk])
        for number in range(7):
            as_(client, ann).post(ask, {"words": f"Request {number}"})
        assert ReviewRequest.objects.count() == 5


class TestResits:
    @pytest.fixture
    def failed(self, ruled: Edition, ann: User, ben: User, lea: User, ali: User) -> Edition:
        courses.answer(edition=ruled, setting="late_demo", value=False, by=lea, reason="No.")
        ruled = Edition.objects.get(pk=ruled.pk)
        lowest = row_of(ruled, "edge").levels.all()[0].name
        for person in (ann, ben):
            graded(ruled, person, lowest, lea, ali)
        return ruled

    def test_during_the_semester_nobody_needs_one_yet(
        self, ruled: Edition, ann: User, lea: User, client: Client
    ) -> None:
        courses.answer(edition=ruled, setting="late_demo", value=False, by=lea, reason="No.")
        with time_machine.travel("2026-10-01T12:00:00+02:00"):
            assert "Nobody needs a resit now" in page_of(as_(client, lea), "resits", ruled.pk)
            assert 'id="resit"' not in page_of(as_(client, ann), "mine", ruled.pk)
            appoint = reverse("assessment:appoint", args=[ruled.pk])
            assert "the resit is not due" in client.post(appoint, follow=True).text
        assert not Appointment.objects.exists()

    def test_the_list_names_what_is_to_be_redone(
        self, failed: Edition, ann: User, lea: User, client: Client
    ) -> None:
        with time_machine.travel("2027-02-05T12:00:00+01:00"):
            page = page_of(as_(client, lea), "resits", failed.pk)
        assert ann.name in page
        assert "Edge" in page
        assert "Serving" in page
        assert "HOG-37" in page

    def test_appointed_before_the_last_day_or_declined_by_itself(
        self, failed: Edition, ann: User, ben: User, client: Client
    ) -> None:
        appoint = reverse("assessment:appoint", args=[failed.pk])
        with time_machine.travel("2027-02-05T12:00:00+01:00"):
            client.force_login(ann)
            assert "You take part in the resit" in client.post(appoint, follow=True).text
        with time_machine.travel("2027-02-11T00:00:01+01:00"):
            client.force_login(ben)
            assert "the resit is declined" in client.post(appoint, follow=True).text
            found = [result_of(failed, each) for each in (ann, ben)]
        statuses = [str(each.result.resit.status) for each in found if each and each.result]
        assert statuses == ["appointed", "declined"]
        assert Appointment.objects.get().student == ann


def test_outcomes_that_nothing_serves_are_seen(
    ruled: Edition, lea: User, client: Client, join: Callable[..., User]
) -> None:
    page = page_of(as_(client, lea), "outcomes", ruled.pk)
    assert "Deploys a model" in page
    assert "Judges a model" in page
    served, not_served = page.split("Deploys a model")[1].split("Judges a model")
    assert "not served" not in served
    assert "not served" in not_served.split("</tr>")[0]
