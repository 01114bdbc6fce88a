"""The words for where an attempt is and what came out of it, and what to do next."""

from dataclasses import dataclass

from lab_specs.report import Verdict
from portal.submissions.models import Attempt
from portal.submissions.states import State


@dataclass(frozen=True, slots=True)
class Words:
    """A short label with a tone (a class of the stylesheet), a sentence, and the next step."""

    label: str
    tone: str
    sentence: str
    next_step: str = ""


WATCH = "Nothing to do: the page follows along by itself."
AGAIN = "Hand in again when you are ready."

STATES = {
    State.QUEUED: Words("Waiting", "live", "The attempt waits for its turn.", WATCH),
    State.FETCHING: Words("Fetching", "live", "The commit is being fetched.", WATCH),
    State.BUILDING: Words("Building", "live", "The image is being built.", WATCH),
    State.RUNNING: Words("Starting", "live", "The container is being started.", WATCH),
    State.JUDGING: Words("Checking", "live", "The checks are being run.", WATCH),
    State.CANCELLED: Words("Cancelled", "", "The attempt was cancelled before it ended.", AGAIN),
    State.SUPERSEDED: Words(
        "Replaced", "", "A newer submission took the place of this attempt.", "Read the newer one."
    ),
}
AGAIN_BY_ITSELF = Words(
    "Trying again",
    "live",
    "Something failed on our side, not in your work. It costs you nothing and is tried again.",
    WATCH,
)
VERDICTS = {
    Verdict.PASSED: Words(
        "Passed",
        "good",
        "Your work does what the assignment asks.",
        "A lecturer confirms the levels. Until then you may hand in better work.",
    ),
    Verdict.FAILED: Words(
        "Not there yet",
        "warn",
        "Your work runs, but a criterion is below the level that is needed.",
        "Read below what is missing, push a change, and hand in again.",
    ),
    Verdict.REJECTED: Words(
        "Could not run",
        "bad",
        "Your repository could not be fetched, built or started, so no check has run.",
        "Read below what stopped it, push a change, and hand in again.",
    ),
    Verdict.CRASHED: Words(
        "Failed on our side",
        "",
        "The portal failed, not your work. This attempt does not count against you.",
        "Hand in the same commit again; if it happens twice, tell your lecturer.",
    ),
}
PHASES = (
    (State.QUEUED, "Wait"),
    (State.FETCHING, "Fetch"),
    (State.BUILDING, "Build"),
    (State.RUNNING, "Start"),
    (State.JUDGING, "Check"),
)


def words(state: str, verdict: str | None) -> Words:
    """The words for a state, or for the verdict once there is one."""
    return VERDICTS[Verdict(verdict)] if verdict else STATES[State(state)]


def words_of(attempt: Attempt) -> Words:
    """The words for an attempt."""
    if attempt.state == State.QUEUED and attempt.retries:
        return AGAIN_BY_ITSELF
    return words(attempt.state, attempt.verdict)
