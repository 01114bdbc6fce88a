"""Two commands: `export` writes the variants to /models, `serve` serves the one in /model."""

import os
import shutil
import signal
import sys
from pathlib import Path

MADE = Path(__file__).parent / "variants"  # when the image was built
EXPORTED = Path("/models")
SERVED = Path("/model")


def export() -> None:
    """Copy every variant and the table."""
    for file in MADE.rglob("*"):
        if file.is_file():
            place = EXPORTED / file.relative_to(MADE)
            place.parent.mkdir(exist_ok=True)
            shutil.copyfile(file, place)


def serve() -> None:
    """Serve until SIGTERM, on `$PORT`. Which variant it is, the file alone says."""
    import uvicorn  # `export` does without

    from app import create_app

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    port = int(os.environ.get("PORT", "8000"))
    uvicorn.run(create_app(SERVED), host="0.0.0.0", port=port, log_level="warning")


if __name__ == "__main__":
    commands = {"export": export, "serve": serve}
    word = " ".join(sys.argv[1:])
    if word not in commands:
        sys.exit(f"say export or serve, not {word!r}")
    commands[word]()
