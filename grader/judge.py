"""The judge phase: the checks run to their end, and the report is held against the lab."""

from grader.session import Last, Session
from lab_specs import wire
from lab_specs.faults import Code, PlatformFault, StudentFault
from lab_specs.report import Report


def judge(session: Session, last: Last | None) -> Report:
    """Serve the judge to its last line. Raises the fault that it tells."""
    last = last or session.serve()
    match last:
        case wire.Rejected():
            raise StudentFault(last.code, **last.facts)
        case wire.Broke():
            raise PlatformFault(Code.JUDGE_FAILED, problem=last.problem)
        case wire.Reported():
            said = [(c.id, c.criterion, c.level) for c in last.report.checks]
            if said != [(c.id, c.criterion, c.level) for c in session.lab.checks]:
                problem = "what was reported are not the checks that the lab lists"
                raise PlatformFault(Code.LAB_BROKEN, problem=problem)
            return last.report
        case None:
            raise PlatformFault(Code.JUDGE_FAILED, problem="the judge said nothing")
