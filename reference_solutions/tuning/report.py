"""Writes what the study found: a table of all trials, and the best of them."""

import fcntl
import json
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState


def report(study: optuna.Study, out: Path) -> None:
    """Write `trials.json` and `best.json` from the whole study, whoever did the work.

    Two workers end together. With the lock, whoever writes last has also read last, so no
    older table ever replaces a newer one.
    """
    with (out / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        over = study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))
        write(out / "trials.json", [row(trial) for trial in over])
        best = row(study.best_trial)
        write(out / "best.json", {name: best[name] for name in ("number", "value", "parameters")})


def row(trial: FrozenTrial) -> dict[str, Any]:
    """A trial as a line of the table."""
    return {
        "number": trial.number,
        "state": trial.state.name.lower(),
        "value": trial.value,
        "epochs": len(trial.intermediate_values),
        "seconds": trial.duration.total_seconds(),
        "worker": trial.user_attrs["worker"],
        "parameters": trial.params,
    }


def write(path: Path, content: object) -> None:
    """Write JSON under another name and rename it, so that nobody reads half a file."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content, indent=1))
    part.replace(path)
