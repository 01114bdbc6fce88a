"""A tracker that needs no server: a folder for each run, with all that it tells in one file."""

import json
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any


class Run:
    """One run. Its file is whole at any time, and tells how the run stands.

    Left by an exception, whichever it is, the run is marked as FAILED.
    """

    def __init__(self, runs: Path, params: dict[str, Any]) -> None:
        self.folder = runs / f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}"
        self._told: dict[str, Any] = {"status": "RUNNING", "params": params, "metrics": {}}

    def log(self, step: int, **metrics: float) -> None:
        """Write down the values of some metrics at a step."""
        for name, value in metrics.items():
            self._told["metrics"].setdefault(name, []).append([step, value])
        self._write()

    def __enter__(self) -> "Run":
        self.folder.mkdir(parents=True)
        self._write()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._told["status"] = "FAILED" if kind else "FINISHED"
        self._write()

    def _write(self) -> None:
        part = self.folder / "run.part"
        part.write_text(json.dumps(self._told, indent=1))
        part.replace(self.folder / "run.json")
