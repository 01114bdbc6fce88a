"""Keeps the leases of all attempts that this worker holds, with one thread for all of them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import structlog

logger = structlog.get_logger()


@dataclass
class Lease:
    """One attempt that this worker holds; `lost` once the database says that it does not."""

    attempt_id: int
    token: UUID
    lost: bool = False


class Heart:
    """Renews every lease each `every` seconds; then `rest()` lets go of what it used.

    Its thread lives as long as there is a lease to keep.
    `beat(attempt_id=…, token=…)` renews one and tells whether it held.
    """

    def __init__(
        self, beat: Callable[..., bool], *, every: float, rest: Callable[[], None]
    ) -> None:
        self._beat, self._every, self._rest = beat, every, rest
        self._leases: dict[UUID, Lease] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def keep(self, attempt_id: int, token: UUID) -> Iterator[Lease]:
        """Renew the lease for as long as the block runs."""
        lease = Lease(attempt_id, token)
        with self._lock:
            self._leases[token] = lease
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="heart", daemon=True)
                self._thread.start()
        try:
            yield lease
        finally:
            with self._lock:
                del self._leases[token]

    def renew(self) -> None:
        """Renew all leases once. A database that does not answer is tried again next time."""
        with self._lock:
            leases = list(self._leases.values())
        for lease in leases:
            try:
                held = self._beat(attempt_id=lease.attempt_id, token=lease.token)
            except Exception:  # a heart that stops would lose every attempt of the worker
                logger.exception("heartbeat failed", attempt=lease.attempt_id)
            else:
                lease.lost = lease.lost or not held

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(self._every)
            self.renew()
            try:
                self._rest()
            except Exception:  # as above: it beats on
                logger.exception("heart could not rest")
            with self._lock:
                if not self._leases:
                    self._thread = None
                    return
