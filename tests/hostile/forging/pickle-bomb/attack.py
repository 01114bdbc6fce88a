import os
import pickle

from labelled import job, write


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch /tmp/exploded; echo REACHED; kill -9 1",)


def leave() -> None:
    for name in ("model.pt", "model.pkl", "metrics.pkl", "predictions.csv", "results.pkl"):
        with open(f"/out/{name}", "wb") as file:
            pickle.dump(Bomb(), file)


job(lambda: write((index, index % 10) for index in range(2_000)), leave)
