"""What happens to attempts, for apps above that want to know; sent inside the transaction."""

from collections.abc import Sequence

from django.dispatch import Signal

_changed = Signal()


def changed(attempts: Sequence[int]) -> None:
    """Something of these attempts is other than before: where they are, or what came out."""
    _changed.send(sender=None, attempts=attempts)


connect = _changed.connect
