"""When a worker that fails for its own reasons should stop taking work, and for how long.

A broken worker fails fast, so it would be the first to come for everything that waits.
"""

import threading
from dataclasses import dataclass, field

IN_A_ROW = 3  # failures before the first pause; after it one is enough for the next
FIRST, LONGEST = 30.0, 600.0  # seconds of a pause; each is twice as long as the one before


@dataclass
class Breaker:
    """Failures in a row and the pause that follows. `now` is in seconds, of whichever clock."""

    failures: int = 0
    until: float = 0.0
    reason: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def failed(self, reason: str, now: float) -> bool:
        """Count a failure. True when a pause begins with it."""
        with self._lock:
            self.failures += 1
            if self.failures < IN_A_ROW or now < self.until:
                return False  # others that ran beside it fail with it: that is one pause, not two
            doubled = min(self.failures - IN_A_ROW, 10)
            self.until = now + min(FIRST * 2**doubled, LONGEST)
            self.reason = reason
            return True

    def stop(self, reason: str, now: float, seconds: float) -> bool:
        """Pause for a reason that is plain to see. True when a pause begins with it."""
        with self._lock:
            if now < self.until:
                return False
            self.until, self.reason = now + seconds, reason
            return True

    def succeeded(self) -> bool:
        """Work was done: all is forgotten. True when there was something to forget."""
        with self._lock:
            troubled = bool(self.failures or self.reason)
            self.failures, self.until, self.reason = 0, 0.0, ""
            return troubled

    def left(self, now: float) -> float:
        """Seconds of the pause that are left."""
        return max(0.0, self.until - now)
