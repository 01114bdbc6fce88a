"""The study as a SQLite database: what all workers know, and what the tables are written from."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS trial (
    number INTEGER PRIMARY KEY, worker TEXT, parameters TEXT,
    state TEXT DEFAULT 'running', value REAL, seconds REAL
);
CREATE TABLE IF NOT EXISTS epoch (
    trial INTEGER, epoch INTEGER, value REAL, PRIMARY KEY (trial, epoch)
);
"""


class Database:
    """Trials and their epochs. Every change is a transaction that waits for its turn."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._connection = sqlite3.connect(out / "study.sqlite3", timeout=60, isolation_level=None)
        self._connection.executescript(TABLES)

    @contextmanager
    def turn(self) -> Iterator[sqlite3.Connection]:
        """Nobody else reads or writes meanwhile."""
        self._connection.execute("BEGIN EXCLUSIVE")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def begin(self, worker: str) -> int:
        """The number of a new trial, which no other worker gets."""
        with self.turn() as study:
            (number,) = study.execute("SELECT coalesce(max(number) + 1, 0) FROM trial").fetchone()
            study.execute("INSERT INTO trial (number, worker) VALUES (?, ?)", (number, worker))
        return number

    def add_epoch(self, number: int, epoch: int, value: float) -> list[float]:
        """Keep a value; those that earlier trials had after as many epochs."""
        line = json.dumps({"trial": number, "epoch": epoch, "value": value})
        with self.turn() as study:
            earlier = study.execute(
                "SELECT value FROM epoch WHERE epoch = ? AND trial < ?", (epoch, number)
            ).fetchall()
            study.execute("INSERT INTO epoch VALUES (?, ?, ?)", (number, epoch, value))
            with (self._out / "epochs.jsonl").open("a") as record:
                record.write(line + "\n")
        return [value for (value,) in earlier]

    def end(
        self, number: int, parameters: dict[str, Any], state: str, value: float, seconds: float
    ) -> None:
        """Keep how a trial ended."""
        with self.turn() as study:
            study.execute(
                "UPDATE trial SET parameters = ?, state = ?, value = ?, seconds = ?"
                " WHERE number = ?",
                (json.dumps(parameters), state, value, seconds, number),
            )

    def write_tables(self) -> None:
        """Write `trials.json` and `best.json`; within a turn, so the last to write knows all."""
        with self.turn() as study:
            rows = [
                {
                    "number": number,
                    "state": state,
                    "value": value,
                    "epochs": epochs,
                    "seconds": seconds,
                    "worker": worker,
                    "parameters": json.loads(parameters),
                }
                for number, state, value, epochs, seconds, worker, parameters in study.execute(
                    "SELECT number, state, trial.value, count(epoch), seconds, worker, parameters"
                    " FROM trial JOIN epoch ON trial = number WHERE state != 'running'"
                    " GROUP BY number ORDER BY number"
                )
            ]
            complete = [row for row in rows if row["state"] == "complete"]
            best = max(complete, key=lambda row: row["value"])
            self._write("trials.json", rows)
            self._write(
                "best.json", {name: best[name] for name in ("number", "value", "parameters")}
            )

    def _write(self, name: str, content: object) -> None:
        part = self._out / f"{name}.part"
        part.write_text(json.dumps(content, indent=1))
        os.replace(part, self._out / name)
