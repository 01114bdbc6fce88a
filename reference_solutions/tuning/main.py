"""The image's entrypoint: `tune` or `predict`."""

import os
import sys
from pathlib import Path

from settings import Settings

DATA, OUT = Path("/data/train.npz"), Path("/out")


def main(command: str) -> None:
    # PyTorch takes seconds to load: a wrong setting is told before.
    if command == "tune":
        settings = read_settings()
        from study import tune

        tune(DATA, OUT, settings)
    elif command == "predict":
        from predict import predict

        predict(OUT, Path("/in/inputs.npz"), Path("/pred/predictions.json"))
    else:
        sys.exit(f"unknown command {command!r}: say tune or predict")


def read_settings() -> Settings:
    try:
        return Settings.read(os.environ)
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
