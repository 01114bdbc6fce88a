"""PyGithub, as it is installed, reads and writes everything that the portal asks for."""

from datetime import UTC, datetime, timedelta

from github.Repository import Repository

from tests.hub.school import School


def test_the_app_and_its_installations(school: School) -> None:
    with school.integration() as integration:
        assert integration.get_app().slug == school.app.slug
        (only,) = integration.get_installations()
        assert only.id == school.installation.number
        assert integration.get_repo_installation("school", "digits").id == only.id
        assert integration.get_org_installation("school").id == only.id
        assert integration.get_app_installation(only.id).app_slug == school.app.slug
        token = integration.get_access_token(only.id, permissions={"contents": "read"})
        assert token.expires_at - datetime.now(UTC) <= timedelta(hours=1)
        assert token.permissions == {"contents": "read", "metadata": "read"}
    assert [one.name for one in only.get_repos()] == ["digits"]


def test_branches_and_commits(school: School) -> None:
    sha = school.hub.push(school.digits, {"übung ☃.py": "x\n"}, by=school.ada, message="Ünï\n\n☃")
    school.hub.push(school.digits, {"b": "1"}, by=school.ada, branch="côté/☃")
    repository = school.installed(contents="read").get_repo("school/digits")
    assert (repository.default_branch, repository.private) == ("main", True)
    assert sorted(one.name for one in repository.get_branches()) == ["côté/☃", "main"]
    assert repository.get_branch("main").commit.sha == sha
    assert repository.get_branch("côté/☃").commit.sha != sha
    commit = repository.get_commit(sha)
    assert commit.commit.message == "Ünï\n\n☃"
    assert (commit.author.login, commit.commit.author.name) == ("ada", "Ada Löwe")
    assert [one.filename for one in commit.files] == ["übung ☃.py"]
    assert commit.stats.additions == 1
    assert next(iter(repository.get_commits(sha="main"))).sha == sha


def test_check_runs(school: School) -> None:
    sha = school.hub.push(school.digits, {"a": "1"}, by=school.ada)
    repository = school.installed(checks="write", contents="read").get_repo("school/digits")
    run = repository.create_check_run("Serving", sha, status="in_progress", external_id="7")
    note = {"path": "Dockerfile", "start_line": 1, "end_line": 1}
    note |= {"annotation_level": "warning", "message": "☃"}
    action = {"label": "Again", "description": "Grade it again", "identifier": "again"}
    output = {"title": "Proficient", "summary": "ok", "annotations": [note]}
    for _ in range(2):
        run.edit(status="completed", conclusion="success", output=output, actions=[action])
    (seen,) = repository.get_commit(sha).get_check_runs(check_name="Serving")
    assert (seen.status, seen.conclusion, seen.external_id) == ("completed", "success", "7")
    assert seen.output.annotations_count == 2, "annotations add up, as at GitHub"
    assert school.digits.check_runs[0].told["actions"] == [action]


def test_statuses(school: School) -> None:
    sha = school.hub.push(school.digits, {"a": "1"}, by=school.ada)
    commit = school.installed().get_repo("school/digits").get_commit(sha)
    commit.create_status("pending", context="portal/serving", description="☃ waits")
    commit.create_status("success", context="portal/serving")
    assert [one.state for one in commit.get_statuses()] == ["success", "pending"]
    assert commit.get_combined_status().state == "success"
    assert commit.get_combined_status().total_count == 1


def test_rooms_for_people(school: School) -> None:
    school.hub.repository(school.org, "start", {"README.md": "# Start\n"}, template=True)
    bob = school.hub.person("bob")
    github = school.installed(administration="write", contents="read", metadata="read")
    org = github.get_organization("school")
    template = github.get_repo("school/start")
    made = org.create_repo_from_template("team-1", template, private=True, description="Team ☃")
    assert (made.private, made.description) == (True, "Team ☃")
    assert org.create_repo("team-2", private=True).default_branch == "main"
    invitation = made.add_to_collaborators("bob", "push")
    assert (invitation.invitee.login, invitation.permissions) == ("bob", "write")
    assert made.add_to_collaborators("bob", "push") is None, "he is invited already"
    assert [one.invitee.login for one in made.get_pending_invitations()] == ["bob"]
    room = school.hub.world.repository("school/team-1")
    school.hub.accept(room, bob)
    assert made.has_in_collaborators("bob")
    assert made.get_collaborator_permission("bob") == "write"
    assert [one.login for one in made.get_collaborators("direct")] == ["bob"]
    made.remove_from_collaborators("bob")
    assert not made.has_in_collaborators("bob")
    assert github.get_user_by_id(bob.number).login == "bob"


def test_pull_requests(school: School) -> None:
    hub, bob = school.hub, school.hub.person("bob", "Bob")
    hub.protect(school.digits, reviews=1)
    hub.rule(school.digits, reviews=2)
    hub.push(school.digits, {"a": "1"}, by=school.ada, branch="feature")
    pull = hub.pull(school.digits, "feature", by=school.ada)
    head = hub.push(school.digits, {"a": "2"}, by=school.ada, branch="feature")
    hub.review(pull, bob)
    hub.review(pull, None, "COMMENTED")
    merged = hub.merge(school.digits, pull, by=bob)
    hub.workflow_run(school.digits, merged, "failure", by=bob)
    repository = school.installed().get_repo("school/digits")
    (seen,) = repository.get_pulls(state="closed", base="main")
    assert (seen.head.sha, seen.merged, seen.merged_by.login) == (head, True, "bob")
    reviews = [(one.user and one.user.login, one.state) for one in seen.get_reviews()]
    assert reviews == [("bob", "APPROVED"), (None, "COMMENTED")]
    assert [one.number for one in repository.get_commit(head).get_pulls()] == [1]
    assert [one.conclusion for one in repository.get_workflow_runs(head_sha=merged)] == ["failure"]
    assert repository.get_workflow_runs(head_sha=head).totalCount == 0
    branch = repository.get_branch("main")
    assert branch.protected
    protection = branch.get_protection().required_pull_request_reviews
    assert protection.required_approving_review_count == 1


def test_lists_come_in_pages(school: School) -> None:
    for number in range(5):
        school.hub.repository(school.org, f"room-{number}")
    token = school.hub.installation_token(school.installation).value
    github = school.github(token)
    github.per_page = 2
    (installation,) = school.integration().get_installations()
    names = [one.name for one in installation.get_repos()]
    assert names == ["digits", *(f"room-{number}" for number in range(5))]


def test_who_somebody_is(school: School) -> None:
    token = school.hub.token(school.ada, "user:email")
    user = school.github(token).get_user()
    assert (user.login, user.name, user.id) == ("ada", "Ada Löwe", school.ada.number)
    assert [(one.email, one.verified) for one in user.get_emails()] == [("ada@example.org", True)]
    assert school.github().get_user("ada").id == school.ada.number
    assert school.github().get_rate_limit().rate.limit == 5000


def test_a_renamed_repository_is_followed(school: School) -> None:
    school.hub.rename(school.digits, "letters")
    github = school.installed()
    assert github.get_repo("school/digits").full_name == "school/letters"
    assert github.get_repo(school.digits.number).full_name == "school/letters"
    repository = Repository(github.requester, attributes={"url": "/repos/school/digits"})
    assert repository.get_branch("main").name == "main"
