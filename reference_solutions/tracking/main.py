"""The image's entrypoint: `train` or `predict`."""

import os
import sys
from pathlib import Path

DATA, INPUTS, ANSWERS = Path("/data"), Path("/in/inputs.npz"), Path("/pred/predictions.json")


def main(command: str) -> None:
    if command == "train":
        from train import train

        train(
            DATA,
            epochs=int(os.environ["EPOCHS"]),
            seed=int(os.environ["SEED"]),
            name=os.environ["MODEL_NAME"],
        )
    elif command == "predict":
        from predict import predict

        predict(os.environ["MODEL_NAME"], INPUTS, ANSWERS)
    else:
        sys.exit(f"unknown command {command!r}: say train or predict")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
