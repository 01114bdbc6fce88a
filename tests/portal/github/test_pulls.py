"""How a commit came about on GitHub: evidence with its source, whichever way it went."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from grader.hub.pulls import outcome
from lab_specs.edition.syllabus import PullRequests
from lab_specs.troubles import Trouble
from portal.courses.models import Edition
from portal.github import errands, evidence, pulls
from portal.github.models import Errand, Repository, Workflow
from portal.submissions.models import Submission
from tests.factories import AttemptFactory, SubmissionFactory
from tests.hub import models as hub
from tests.hub.school import PERMISSIONS
from tests.portal.github.asking import asking
from tests.portal.github.roster import Classroom, one_try, work_off

ALL = PullRequests(protected=True, reviews=1, actions=True)


@dataclass
class Story:
    """Ann's and Ben's repository at GitHub, and what they hand in from it."""

    room: Classroom
    repository: hub.Repository
    ann: hub.Account
    ben: hub.Account
    submission: Submission

    def push(self, text: str, branch: str = "main") -> str:
        return self.room.standin.push(
            self.repository, {f"{branch}.txt": text}, by=self.ann, branch=branch, message=text
        )

    def pull(self, branch: str = "feature") -> hub.Pull:
        self.push(branch, branch)
        return self.room.standin.pull(self.repository, branch, by=self.ann, title=branch)

    def told(self, commit: str) -> dict[str, Any]:
        """What the portal hears of a commit that is handed in."""
        Submission.objects.filter(pk=self.submission.pk).update(commit=commit)
        Workflow.objects.all().delete()
        pulls.ask_due(now=timezone.now())
        work_off("pulls")
        found: dict[str, Any] = Workflow.objects.get().told
        return found

    def words(self, commit: str) -> dict[str, tuple[str, str]]:
        """Each line's word and sentence, by its title."""
        lines = evidence.lines(ALL, self.told(commit))
        return {each.title: (each.word, each.says) for each in lines}


@pytest.fixture
def story(classroom: Classroom) -> Story:
    asking(classroom.edition, ALL)
    standin = classroom.standin
    ben = standin.person("ben", "Ben", "ben@example.org")
    ann_studies = classroom.student("ann")
    ann = standin.world.account("ann")
    assert ann
    repository = standin.repository(classroom.org, "cedar", {"a.txt": "a\n"}, private=True)
    repository.collaborators.update(ann="push", ben="push")
    Repository.objects.create(
        number=repository.number,
        installation=classroom.installation,
        full_name="school/cedar",
        private=True,
    )
    submission = SubmissionFactory(
        mini_project=classroom.project,
        team=classroom.team("Cedar", ann_studies),
        repository=f"{standin.web}/school/cedar",
    )
    return Story(classroom, repository, ann, ben, submission)


def test_a_commit_that_nobody_looked_at(story: Story) -> None:
    assert story.words(story.push("straight to main")) == {
        "Default branch protected": ("no", "Whoever may write can push to “main”."),
        "Reviews": ("no pull request", "The commit belongs to no pull request that GitHub knows."),
        "Merged without a review": ("none", "Of the last 0 that were merged."),
        "GitHub Actions": ("no runs", "No workflow ran on this commit; that is no pass."),
    }


def test_a_reviewed_pull_request_before_and_after_its_merge(story: Story) -> None:
    pull = story.pull()
    story.room.standin.review(pull, story.ben)
    word, says = story.words(pull.head_sha)["Reviews"]
    assert word == "1 of 1"
    assert says == (
        "Pull request 1, “feature”, by ann. This is its newest commit. Approved by ben."
    )
    merged = story.room.standin.merge(story.repository, pull, by=story.ben)
    found = story.words(merged)
    assert (
        "This is the commit that merged it. Approved by ben. Merged by ben." in found["Reviews"][1]
    )
    assert found["Merged without a review"][0] == "none"


def test_the_author_and_robots_approve_nothing(story: Story) -> None:
    pull = story.pull()
    robot = story.room.standin.person("robot", "Robot", "robot@example.org")
    robot.kind = "Bot"
    for who in (story.ann, robot):
        story.room.standin.review(pull, who)
    assert story.words(pull.head_sha)["Reviews"][0] == "0 of 1"


def test_the_last_opinion_of_each_counts(story: Story) -> None:
    pull = story.pull()
    for state in ("APPROVED", "CHANGES_REQUESTED", "COMMENTED"):
        story.room.standin.review(pull, story.ben, state)
    word, says = story.words(pull.head_sha)["Reviews"]
    assert (word, "Changes were asked for by ben." in says) == ("0 of 1", True)
    story.room.standin.review(pull, story.ben, "APPROVED")
    assert story.words(pull.head_sha)["Reviews"][0] == "1 of 1"


def test_an_approval_of_an_earlier_commit_says_so(story: Story) -> None:
    pull = story.pull()
    story.room.standin.review(pull, story.ben)
    story.push("more", "feature")
    assert "Approved by ben (of an earlier commit)." in story.words(pull.head_sha)["Reviews"][1]


def test_who_merged_without_a_review_is_named(story: Story) -> None:
    first, second = story.pull("one"), story.pull("two")
    story.room.standin.review(first, story.ben)
    story.room.standin.merge(story.repository, first, by=story.ann)
    merged = story.room.standin.merge(story.repository, second, by=story.ann)
    assert story.words(merged)["Merged without a review"] == (
        "1 of 2",
        "Pull requests that nobody else had approved: 2 (merged by ann).",
    )


def test_a_branch_that_is_protected_by_itself(story: Story) -> None:
    commit = story.push("x")
    story.room.standin.protect(story.repository)
    assert story.words(commit)["Default branch protected"][0] == "yes"


def test_a_branch_that_a_ruleset_protects(story: Story) -> None:
    story.room.standin.rule(story.repository)
    word, says = story.words(story.push("x"))["Default branch protected"]
    assert (word, says) == ("yes", "“main” has rulesets: pull_request.")


def test_a_ruleset_that_lets_pushes_pass_protects_nothing(story: Story) -> None:
    story.room.standin.rule(story.repository)
    story.repository.rules["main"][0] = {"type": "deletion"} | {
        name: value
        for name, value in story.repository.rules["main"][0].items()
        if name.startswith("ruleset")
    }
    assert story.words(story.push("x"))["Default branch protected"][0] == "no"


@pytest.mark.parametrize(
    ("ends", "word"),
    [
        (["success"], "ended well"),
        (["success", "skipped"], "ended well"),
        (["failure", "success"], "failed"),
        (["cancelled"], "neither ended well nor failed"),
        (["skipped"], "neither ended well nor failed"),
    ],
)
def test_how_actions_ended(story: Story, ends: list[str], word: str) -> None:
    commit = story.push("x")
    for number, end in enumerate(ends):
        story.room.standin.workflow_run(
            story.repository, commit, end, by=story.ann, name=f"CI {number}"
        )
    assert story.words(commit)["GitHub Actions"][0] == word


def test_runs_of_another_commit_say_nothing(story: Story) -> None:
    before = story.push("x")
    story.room.standin.workflow_run(story.repository, before, by=story.ann)
    assert story.words(story.push("y"))["GitHub Actions"][0] == "no runs"


def running(story: Story) -> hub.WorkflowRun:
    """A run that does not end, on the commit that is handed in."""
    commit = story.push("x")
    Submission.objects.update(commit=commit)
    return story.room.standin.workflow_run(
        story.repository, commit, None, by=story.ann, status="in_progress"
    )


def pause() -> int:
    """Minutes until it is looked at again."""
    next_try = Errand.objects.get(kind="pulls", status="waiting").next_try
    return round((next_try - timezone.now()).total_seconds() / 60)


def look() -> None:
    one_try(Errand.objects.get(kind="pulls", status="waiting").pk)


def test_actions_that_still_run_are_looked_at_again(story: Story) -> None:
    run = running(story)
    pulls.ask_due(now=timezone.now())
    look()
    known = Workflow.objects.get().told
    assert known["actions"]["outcome"] == "running"
    run.status, run.conclusion = "completed", "success"
    story.room.standin.calls.clear()
    look()
    found = Workflow.objects.get().told
    assert found["actions"]["outcome"] == "success"
    assert found | {"actions": known["actions"]} == known
    assert not any("pulls" in each.path for each in story.room.standin.calls)
    assert not Errand.objects.filter(status="waiting").exists()


def test_pauses_grow_and_end(story: Story) -> None:
    running(story)
    pulls.ask_due(now=timezone.now())
    pauses = []
    look()
    while Errand.objects.filter(kind="pulls", status="waiting").exists():
        pauses.append(pause())
        look()
    assert pauses == [5, 10, 20, 40, 80, 160]


def test_staff_does_not_wait_for_the_pause(story: Story) -> None:
    running(story)
    pulls.ask_due(now=timezone.now())
    look()
    assert pause() == 5
    pulls.look_again(story.submission, by=story.room.tina)
    assert pause() == 0


def test_what_was_replaced_meanwhile_is_not_looked_at_again(story: Story) -> None:
    running(story)
    pulls.ask_due(now=timezone.now())
    newer(story)
    look()
    assert not Errand.objects.filter(status="waiting").exists()


def newer(story: Story, **how: Any) -> Submission:
    """Another submission of the same team, or as said."""
    first = story.submission
    same = {"mini_project": first.mini_project, "team": first.team, "lab": first.lab}
    return SubmissionFactory(repository=first.repository, **(same | how))


def test_only_the_newest_is_asked_about_by_itself(story: Story) -> None:
    newest = newer(story)
    assert pulls.ask_due(now=timezone.now()) == 1
    assert Workflow.objects.get().submission == newest
    pulls.look_again(story.submission, by=story.room.tina)  # of an earlier one, when staff asks
    work_off("pulls")
    assert Workflow.objects.exclude(looked_at=None).count() == 2


def test_its_rate_limit_holds_back_nothing_else(story: Story) -> None:
    story.room.standin.fail(r"/pulls", "rate_limited")
    lane = story.room.installation.lane
    other = errands.ask("repositories", "1", lane=lane)
    pulls.ask_due(now=timezone.now())
    look()
    assert Errand.objects.get(kind="pulls").fault == Trouble.RATE_LIMITED
    other.refresh_from_db()
    assert other.next_try <= timezone.now()


def test_what_github_does_not_show_is_not_called_missing(story: Story) -> None:
    story.room.standin.fail(r"/rules/branches/", "forbidden", times=9)
    found = story.words(story.push("x"))
    assert found["Default branch protected"][0] == "not seen"
    assert "it says nothing either way" in found["Default branch protected"][1]
    assert found["GitHub Actions"][0] == "no runs"


def test_a_permission_that_is_not_granted_leaves_the_rest(story: Story) -> None:
    granted = {name: each for name, each in PERMISSIONS.items() if name != "actions"}
    granted["metadata"] = "read"
    story.room.installed.permissions = granted
    story.room.installation.permissions = granted
    story.room.installation.save()
    found = story.words(story.push("x"))
    assert (found["GitHub Actions"][0], found["Reviews"][0]) == ("not seen", "no pull request")


def test_a_repository_that_is_gone_is_a_trouble_with_words(story: Story) -> None:
    story.room.standin.remove(story.repository)
    story.told("c" * 40)
    assert Workflow.objects.get().fault == Trouble.NOT_FOUND


def test_an_empty_repository_is_no_trouble(story: Story) -> None:
    story.repository.default_branch = "nowhere"
    found = story.words("c" * 40)
    assert {word for word, _ in found.values()} <= {"not seen", "no", "none", "no runs"}


def test_each_submission_is_asked_about_once(story: Story) -> None:
    now = timezone.now()
    assert [pulls.ask_due(now=now) for _ in "ab"] == [1, 0]
    assert Errand.objects.filter(kind="pulls").count() == 1


def test_elsewhere_nobody_is_asked(story: Story) -> None:
    Submission.objects.update(repository="https://gitlab.example/a/b")
    pulls.ask_due(now=timezone.now())
    assert not Errand.objects.exists()


def test_an_edition_that_asks_for_nothing_is_left_alone(edition: Edition, work: Submission) -> None:
    assert pulls.ask_due(now=timezone.now()) == 0


def test_staff_and_team_read_it_and_staff_asks_again(story: Story, client: Client) -> None:
    story.told(story.push("x"))
    attempt = AttemptFactory(submission=story.submission)
    client.force_login(story.room.tina)
    page = client.get(reverse("assessment:review", args=[attempt.pk])).content.decode()
    assert "that is no pass" in page
    assert "changes no level by itself" in page
    client.post(reverse("github:workflow", args=[story.submission.pk]))
    assert Errand.objects.filter(kind="pulls", status="waiting").count() == 1
    client.force_login(story.submission.team.members.get())
    page = client.get(reverse("submissions:attempt", args=[attempt.pk])).content.decode()
    assert "that is no pass" in page
    assert "Ask GitHub again" not in page


def test_no_runs_are_no_success() -> None:
    assert outcome([]) == "none"
