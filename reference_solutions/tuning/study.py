"""The search: Optuna proposes, short trainings decide which proposals are worth more epochs.

The study is a journal in the output folder. Whoever opens it adds to it, so a second worker
beside the first, or a day later, shares what is known.
"""

import json
import zlib
from pathlib import Path
from typing import Any

import optuna
import torch
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from model import DigitNet, model_path, save
from report import report
from settings import Settings
from training import Digits, read, train

# What one would have used without a search. It is tried first, so the table shows the gain.
UNTUNED = {
    "learning_rate": 1e-3,
    "units": 64,
    "layers": 1,
    "batch_size": 64,
    "weight_decay": 1e-4,
}


def tune(data: Path, out: Path, settings: Settings) -> None:
    """Add trials to the study in `out`, then write its tables anew."""
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)  # one core is all that the lab gives
    study = open_study(out, settings)
    digits = read(data, settings.seed)
    for _ in range(settings.trials):
        trial = study.ask()
        trial.set_user_attr("worker", settings.worker)
        study.tell(trial, *run(trial, digits, out, settings))
    report(study, out)


def open_study(out: Path, settings: Settings) -> optuna.Study:
    """The study in the folder `out`, made when there is none."""
    study = optuna.create_study(
        study_name="digits",
        storage=JournalStorage(JournalFileBackend(str(out / "study.log"))),
        pruner=optuna.pruners.SuccessiveHalvingPruner(reduction_factor=3),
        direction="maximize",
        load_if_exists=True,
    )
    # Two workers of one seed must not propose the same, nor one worker that comes again.
    chance = f"{settings.seed}/{settings.worker}/{len(study.trials)}"
    study.sampler = optuna.samplers.TPESampler(seed=zlib.crc32(chance.encode()), n_startup_trials=5)
    if not study.trials:
        study.enqueue_trial(UNTUNED)
    return study


def propose(trial: optuna.Trial) -> dict[str, Any]:
    """The parameters of a trial."""
    return {
        "learning_rate": trial.suggest_float("learning_rate", 1e-3, 3e-2, log=True),
        "units": trial.suggest_int("units", 64, 512, log=True),
        "layers": trial.suggest_int("layers", 1, 2),
        "batch_size": trial.suggest_categorical("batch_size", [32, 64]),
        "weight_decay": trial.suggest_float("weight_decay", 1e-6, 1e-2, log=True),
    }


def run(
    trial: optuna.Trial, digits: Digits, out: Path, settings: Settings
) -> tuple[float | None, optuna.trial.TrialState]:
    """Train until the end or until the pruner has seen enough; the value and how it ended."""
    seed = settings.seed * 10_000 + trial.number
    epochs = train(digits, propose(trial), seed, settings.max_epochs)
    model: DigitNet
    for epoch, (model, value) in enumerate(epochs, start=1):
        record(out, trial.number, epoch, value)
        trial.report(value, step=epoch)
        if epoch < settings.max_epochs and trial.should_prune():
            return None, optuna.trial.TrialState.PRUNED
    save(model, model_path(out, trial.number))
    return value, optuna.trial.TrialState.COMPLETE


def record(out: Path, number: int, epoch: int, value: float) -> None:
    """Add a line about an epoch. One short write at the end: other workers write there, too."""
    line = json.dumps({"trial": number, "epoch": epoch, "value": value})
    with (out / "epochs.jsonl").open("a") as file:
        file.write(line + "\n")
