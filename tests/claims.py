"""A worker's part, played by a test."""

from uuid import UUID

from portal.submissions import domain
from portal.submissions.models import Attempt


def take(attempt_id: int, worker: str = "w1", seconds: float = 60) -> UUID:
    """Take this attempt, whose turn it must be; if it is to be tried again later, now is later."""
    Attempt.objects.filter(pk=attempt_id).update(not_before=None)
    claimed = domain.claim_next(worker=worker, lease_seconds=seconds)
    assert claimed is not None
    assert claimed.attempt_id == attempt_id
    return claimed.token
