"""The run phase: a judge is taken, the student's image starts under its eyes."""

from collections.abc import Callable, Mapping

from grader.engine import Engine
from grader.judges import Judge
from grader.session import Last, Session
from lab_specs.schema import LabSpec


def run(
    *,
    engine: Engine,
    judge: Judge,
    lab: LabSpec,
    image: str,
    seed: int,
    labels: Mapping[str, str],
    watch: Callable[[str], None],
) -> tuple[Session, Last | None]:
    """Open the session and serve the judge until its first check begins.

    The second value is the judge's last line when it already ended, as it does when the
    student's image cannot be started. The caller closes the session.
    """
    session = Session(engine, judge, lab, image, labels, watch)
    try:
        session.open(seed)
        return session, session.serve(until_first_check=True)
    except BaseException:
        session.close()
        raise
