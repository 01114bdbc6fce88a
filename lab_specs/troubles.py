"""What can go wrong at GitHub, and the words for the person who must act.

Not faults of an attempt: nobody is graded by them. Those who read them look after a course.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from lab_specs.faults import plain
from lab_specs.messages import Explanation, filled


class Trouble(StrEnum):
    """Why something could not be done at GitHub."""

    NO_APP = "no_app"
    UNAUTHORISED = "unauthorised"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate_limited"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TAKEN = "taken"
    REFUSED = "refused"
    BROKEN = "broken"
    UNREACHABLE = "unreachable"
    SUSPENDED = "suspended"
    UNINSTALLED = "uninstalled"
    ODD_ANSWER = "odd_answer"
    OURS = "ours"


# Time may mend these; the others need somebody who acts.
PASSING = frozenset(
    {
        Trouble.RATE_LIMITED,
        Trouble.BROKEN,
        Trouble.UNREACHABLE,
        Trouble.ODD_ANSWER,
        Trouble.OURS,
    }
)


class GitHubTrouble(Exception):  # noqa: N818 - as `Fault`
    """Something could not be done. `after`: seconds to wait, where GitHub says so."""

    def __init__(self, code: Trouble, *, after: float | None = None, **facts: Any) -> None:  # noqa: ANN401 - any JSON value
        self.code = code
        self.after = after
        self.facts: dict[str, Any] = plain(facts)
        super().__init__(code.value, self.facts)


def explain_trouble(code: Trouble, facts: Mapping[str, Any]) -> Explanation:
    """The words for a trouble, as `lab_specs.messages.explain` gives them for a fault."""
    return filled(WORDS[code], facts)


BY_ITSELF = "You need to do nothing: it is tried again by itself."
WORDS: dict[Trouble, Explanation] = {
    Trouble.NO_APP: Explanation(
        "This portal has no GitHub App, or cannot read its keys any more.",
        "An App that an administrator has set up, and the portal's own key as it was then.",
        "An administrator sets the App up under “GitHub”.",
    ),
    Trouble.UNAUTHORISED: Explanation(
        "GitHub did not accept the portal's key.< It said: “{said}”.>",
        "A key that GitHub knows, and a clock that differs from GitHub's by less than a minute.",
        "An administrator opens “GitHub”, runs the self-test, and sets the App up again if its key"
        " was removed.",
    ),
    Trouble.FORBIDDEN: Explanation(
        "GitHub does not let the portal do this.< It said: “{said}”.>",
        "A permission for it, granted by an owner of the organisation.",
        "An administrator opens “GitHub” and runs the self-test: it names each permission that is"
        " missing, and where to grant it.",
    ),
    Trouble.RATE_LIMITED: Explanation(
        "The portal asked GitHub more in a short time than GitHub allows.",
        "A pause of as long as GitHub asks for.",
        BY_ITSELF,
    ),
    Trouble.NOT_FOUND: Explanation(
        "GitHub does not find this, or does not show it to the portal.< It was about {what}.>",
        "Something that exists, in a place where the App is installed.",
        "Look whether it was renamed or removed, and whether the App may see the repository.",
    ),
    Trouble.CONFLICT: Explanation(
        "What is there already stands in the way.< GitHub said: “{said}”.>",
        "Nothing of another kind under the same name; an empty repository has no commits yet.",
        "Look at it on GitHub, then try again.",
    ),
    Trouble.TAKEN: Explanation(
        "There is a repository called <{what}|this> already, and the portal did not make it.",
        "A name that is free, or a repository that the portal itself has made for this team.",
        "Look at it on GitHub. Rename or remove it there, then try again; the portal never touches"
        " what it did not make.",
    ),
    Trouble.REFUSED: Explanation(
        "GitHub understood what the portal asked for, and refused it.< It said: “{said}”.>",
        "A name that is free, and values that GitHub takes.",
        "Change what GitHub names, then try again.",
    ),
    Trouble.BROKEN: Explanation(
        "GitHub itself failed<, with status {status}>.",
        "An answer.",
        BY_ITSELF,
    ),
    Trouble.UNREACHABLE: Explanation(
        "GitHub did not answer in time.",
        "An answer within half a minute.",
        BY_ITSELF + " If it lasts, look whether this server reaches <{host}|GitHub>.",
    ),
    Trouble.SUSPENDED: Explanation(
        "The installation of the App is suspended.",
        "An App that is installed and not suspended.",
        "An owner of the organisation opens its settings on GitHub, “GitHub Apps”, and ends the"
        " suspension.",
    ),
    Trouble.UNINSTALLED: Explanation(
        "The App is no longer installed there.",
        "An App that is installed for the organisation.",
        "An owner of the organisation installs the App again: the page “GitHub” has the link.",
    ),
    Trouble.ODD_ANSWER: Explanation(
        "GitHub's answer was not as its description has it.",
        "An answer of the described form.",
        BY_ITSELF + " If it lasts, tell those who look after the portal.",
    ),
    Trouble.OURS: Explanation(
        "Something in the portal went wrong on the way to GitHub.",
        "A portal without this mistake.",
        BY_ITSELF + " If it lasts, tell those who look after the portal.",
    ),
}
