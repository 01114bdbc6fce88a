"""Comparisons as a worker leaves them."""

from typing import Any

from portal.people.models import User
from portal.similarity.models import Comparison, Pair, Part
from portal.submissions.models import Submission
from tests.factories import MOMENT, SubmissionFactory

HOSTILE = "<script>alert(1)</script>"
CODE = "def load(path):\n    return [row for row in open(path) if row]\n" * 6


def evidence(**more: Any) -> dict[str, Any]:
    """Two files with two places in each."""
    block = {"left": [3, 14], "right": [9, 20], "left_text": CODE, "right_text": CODE.upper()}
    files = {"left": "serve.py", "right": "app/main.py", "shared": 27, "lefts": 32, "rights": 90}
    return {
        "commits": ["c" * 40, "d" * 40],
        "roots": ["c" * 40],
        "more_commits": 0,
        "files": [{**files, "percent": 84, "blocks": [block, {**block, "left_text": HOSTILE}]}],
        **more,
    }


def finished(work: list[Submission], by: User, **columns: Any) -> Comparison:
    """A comparison of this work, in which the first two have something in common."""
    said = {"pairs": 1, "more": 0, "common_commits": 2, "common_prints": 130}
    row = Comparison.objects.create(
        mini_project=work[0].mini_project,
        by=by,
        asked_at=MOMENT,
        next_try=MOMENT,
        tries=1,
        **{"finished_at": MOMENT, "said": said, **columns},
    )
    parts = [
        Part.objects.create(
            comparison=row, submission=each, read_at=MOMENT, files=4, commits=9, whole=True
        )
        for each in work
    ]
    shared = {"percent": 84, "shared": 27, "commits": 2, "evidence": evidence()}
    Pair.objects.create(comparison=row, number=1, left=parts[0], right=parts[1], **shared)
    return row


def compared(work: Submission, by: User) -> dict[str, tuple[int, ...]]:
    """The arguments of the pages of one comparison. The other work is that of another edition."""
    row = finished([work, SubmissionFactory()], by)
    return {"comparison": (row.pk,), "pair": (row.pk, 1)}
