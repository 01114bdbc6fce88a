"""The run phase: the student's image starts under the eyes of its judge."""

from grader.session import Last, Session


def run(session: Session, seed: int) -> Last | None:
    """Open the session and serve the judge until its first check begins.

    The judge's last line when it already ended, as it does when the student's image cannot be
    started. The caller closes the session.
    """
    session.open(seed)
    return session.serve(until_first_check=True)
