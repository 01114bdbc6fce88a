"""`python -m device JOB FACTS`: one file in, one file out."""

import json
import sys
from pathlib import Path

from .job import Job
from .measure import measure


def main(job: str, facts: str) -> None:
    """Do the job in the file `job` and write what was seen to the file `facts`."""
    Path(facts).write_text(json.dumps(measure(Job.read(Path(job)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
