"""What people do in the browser, a step at a time. Nothing here knows how an attempt is graded."""

import re

from playwright.sync_api import Page, expect


def sign_in(page: Page, base: str, name: str, password: str) -> None:
    """Sign in at the portal that lives at `base`, and see the start page."""
    page.goto(f"{base}/login/")
    page.get_by_label("Sign-in name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def sign_out(page: Page) -> None:
    """Leave."""
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def open_project(page: Page, base: str, title: str) -> None:
    """From the start page to a mini-project."""
    page.goto(f"{base}/")
    page.get_by_role("link", name=title, exact=True).click()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()


def look_up(
    page: Page, link: str, *, ref: str = "", context: str = "", dockerfile: str = ""
) -> None:
    """Fill in the form of a mini-project (or of a link that failed) and send it."""
    page.get_by_label("Link to the repository").fill(link)
    optional = {
        "Branch, tag or commit": ref,
        "Context folder": context,
        "Path of the Dockerfile": dockerfile,
    }
    if any(optional.values()):
        unfold(page, "Branch, folder, Dockerfile")
        for label, value in optional.items():
            page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Look up the commit").click()


def confirm_commit(page: Page, commit: str = "", *, seconds: float = 30) -> None:
    """Wait until the commit is found, and submit it."""
    button = page.get_by_role("button", name="Submit this commit")
    expect(button).to_be_visible(timeout=seconds * 1000)
    if commit:
        expect(page.get_by_text(commit[:8])).to_be_visible()
    button.click()
    expect(page).to_have_url(re.compile(r"/attempts/\d+/"))


def submit_repository(
    page: Page,
    base: str,
    title: str,
    link: str,
    *,
    ref: str = "",
    context: str = "",
    dockerfile: str = "",
    seconds: float = 30,
) -> int:
    """The whole way from the start page to a queued attempt; its id.

    Somebody has to answer the look-up meanwhile: a worker, or another thread of the test.
    """
    open_project(page, base, title)
    look_up(page, link, ref=ref, context=context, dockerfile=dockerfile)
    confirm_commit(page, seconds=seconds)
    return attempt_shown(page)


def attempt_shown(page: Page) -> int:
    """The id of the attempt that the page shows."""
    found = re.search(r"/attempts/(\d+)/", page.url)
    assert found is not None, page.url
    return int(found[1])


def wait_for_verdict(page: Page, *, seconds: float = 300) -> str:
    """Watch the live page until it ends, without reloading it; the words of the verdict."""
    expect(page.locator("#attempt #cancel")).to_have_count(0, timeout=seconds * 1000)
    return page.locator("#verdict").inner_text()


def open_review(page: Page, base: str, team: str) -> None:
    """From the start page over the queue to the review of a team's work."""
    page.goto(f"{base}/")
    page.get_by_role("link", name="Review queue").first.click()
    page.get_by_role("row").filter(has_text=team).get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(team)


def confirm_level(page: Page, criterion: str, *, level: str = "", comment: str = "") -> None:
    """Decide on a criterion: as proposed, or another level with a comment. Waits until saved."""
    form = page.get_by_role("form", name=criterion)
    if level:
        form.get_by_role("radio", name=re.compile(f"^{re.escape(level)}")).check()
    if comment:
        form.get_by_label("Comment").fill(comment)
    form.get_by_role("button").click()
    expect(page.get_by_role("form", name=criterion).get_by_text("✔ Saved")).to_be_visible()


def unfold(page: Page, summary: str) -> None:
    """Open a fold if it is closed."""
    fold = page.locator("details").filter(has=page.get_by_text(summary, exact=True))
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()
