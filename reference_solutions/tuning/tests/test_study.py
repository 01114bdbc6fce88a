import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from predict import predict
from settings import Settings
from study import UNTUNED, tune


def search(data: Path, out: Path, trials: int, seed: int = 1, worker: str = "one") -> list[Any]:
    out.mkdir(exist_ok=True)
    tune(data / "train.npz", out, Settings(trials, seed, 4, worker))
    return json.loads((out / "trials.json").read_text())


def told(rows: list[Any]) -> list[Any]:
    return [{name: row[name] for name in row if name != "seconds"} for row in rows]


def test_every_trial_has_a_row_and_every_epoch_a_line(data: Path, tmp_path: Path) -> None:
    rows = search(data, tmp_path, 6)
    assert [row["number"] for row in rows] == list(range(6))
    assert rows[0]["parameters"] == UNTUNED
    lines = [json.loads(line) for line in (tmp_path / "epochs.jsonl").read_text().splitlines()]
    for row in rows:
        values = [line["value"] for line in lines if line["trial"] == row["number"]]
        assert len(values) == row["epochs"]
        assert values[-1] == row["value"]


def test_the_best_is_complete_and_predicts(data: Path, tmp_path: Path) -> None:
    rows = search(data, tmp_path, 6)
    best = json.loads((tmp_path / "best.json").read_text())
    complete = [row for row in rows if row["state"] == "complete"]
    assert best["value"] == max(row["value"] for row in complete)
    assert best["parameters"] == rows[best["number"]]["parameters"]
    predict(tmp_path, data / "train.npz", tmp_path / "predictions.json")
    labels = json.loads((tmp_path / "predictions.json").read_text())
    assert np.mean(np.array(labels) == np.load(data / "train.npz")["y"]) > 0.9


def test_the_seed_decides_everything(data: Path, tmp_path: Path) -> None:
    one, again, other = (
        told(search(data, tmp_path / name, 4, seed))
        for name, seed in [("one", 1), ("again", 1), ("other", 2)]
    )
    assert one == again
    assert one[1]["parameters"] != other[1]["parameters"]


def test_workers_share_a_study(data: Path, tmp_path: Path) -> None:
    first = search(data, tmp_path, 2)
    workers = [
        threading.Thread(target=search, args=(data, tmp_path, 3, 1, name))
        for name in ("two", "three")
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    rows = json.loads((tmp_path / "trials.json").read_text())
    assert rows[:2] == first
    assert [row["number"] for row in rows] == list(range(8))
    assert sorted(row["worker"] for row in rows) == ["one"] * 2 + ["three"] * 3 + ["two"] * 3
    assert len({json.dumps(row["parameters"]) for row in rows}) == 8


def test_without_a_study_nothing_is_answered(data: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        predict(tmp_path, data / "train.npz", tmp_path / "predictions.json")
    assert not (tmp_path / "predictions.json").exists()
