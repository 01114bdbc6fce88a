"""The training against a real store of MLflow, in a folder."""

import json
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow.entities import Run

from predict import predict
from train import train

NAME = "digits"


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "store").as_uri())
    mlflow.set_experiment(NAME)


def write(folder: Path, brightest: float = 16.0) -> Path:
    """Each digit lights a pixel of its own."""
    folder.mkdir()
    y = np.arange(100) % 10
    x = np.zeros((100, 64), dtype=np.float32)
    x[np.arange(100), y] = brightest
    for part in ("train", "validation", "inputs"):
        np.savez(folder / f"{part}.npz", x=x, y=y)
    return folder


def runs() -> list[Run]:
    return mlflow.search_runs(output_format="list", search_all_experiments=True)


def test_one_training_is_one_run(tmp_path: Path) -> None:
    train(write(tmp_path / "data"), epochs=3, seed=1, name=NAME)
    (run,) = runs()
    assert run.info.status == "FINISHED"
    assert (run.data.params["epochs"], run.data.params["seed"]) == ("3", "1")
    history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "val_accuracy")
    assert [metric.step for metric in history] == [1, 2, 3]


def test_the_version_in_use_answers(tmp_path: Path) -> None:
    data, target = write(tmp_path / "data"), tmp_path / "answers.json"
    train(data, epochs=5, seed=1, name=NAME)
    (run,) = runs()
    version = mlflow.MlflowClient().get_model_version_by_alias(NAME, "champion")
    assert version.run_id == run.info.run_id
    predict(NAME, data / "inputs.npz", target)
    kept = mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/predictions.json")
    assert json.loads(target.read_text()) == kept


def test_what_goes_wrong_is_marked_and_not_registered(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no number"):
        train(write(tmp_path / "data", brightest=float("nan")), epochs=2, seed=1, name=NAME)
    assert [run.info.status for run in runs()] == ["FAILED"]
    assert mlflow.MlflowClient().search_registered_models() == []
