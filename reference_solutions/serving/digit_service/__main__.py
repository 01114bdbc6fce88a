"""Starts the service: `python -m digit_service model.pt` listens on `$PORT`, or on 8000."""

import os
import signal
import sys
from pathlib import Path

import torch
import uvicorn

from digit_service.app import create_app


def main() -> None:
    """Serve until SIGTERM; requests that are under way get their answers first."""
    # Uvicorn stops gently and then raises the signal again: an ordered end is no error.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    torch.set_num_threads(1)  # requests run side by side; threads within one would compete
    port = int(os.environ.get("PORT", "8000"))
    uvicorn.run(create_app(Path(sys.argv[1])), host="0.0.0.0", port=port)


if __name__ == "__main__":
    main()
