import json
import os
import sys

if sys.argv[1:] == ["train"]:
    with open("/out/metrics.jsonl", "w") as record:
        for epoch in range(1, 6):
            line = {
                "epoch": epoch,
                "train_loss": 1 / epoch,
                "val_loss": 1 / epoch,
                "val_accuracy": 0.99,
            }
            print(json.dumps(line), file=record)
    import pickle

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, ("touch /tmp/exploded; echo REACHED; kill -9 1",)

    for name in ("model.pt", "model.pkl", "metrics.pkl", "predictions.csv", "results.pkl"):
        with open(f"/out/{name}", "wb") as file:
            pickle.dump(Bomb(), file)
else:
    with open("/pred/predictions.csv", "w") as file:
        print("index,label", file=file)
        for index in range(2_000):
            print(f"{index},{index % 10}", file=file)
