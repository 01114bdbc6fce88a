"""Where runs are found: on the tracking server, or in the folder of an offline export."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from records import (
    METRICS,
    PREDICTIONS,
    RUN_FILE,
    STEPS_LIMIT,
    Record,
    Version,
    exported_run,
    read_labels,
    server_run,
    server_steps,
    server_versions,
)

from lab_specs.digits import Labels
from lab_specs.kit import Failure, Reply, Service, Volume, expect, shorten

API = "/api/2.0/mlflow"
ALIAS = "champion"
MOST = 50  # experiments, runs or versions; this lab makes fewer than ten
SECONDS = 30.0  # for one answer of a server that somebody may have flooded
HINT = "What did your container send to the server, or upload? Ours was well when it started."


@dataclass(frozen=True)
class Server:
    """MLflow as our sidecar. The student's containers wrote all that it tells."""

    service: Service
    model: str

    @property
    def uri(self) -> str:
        """What `MLFLOW_TRACKING_URI` says."""
        return f"http://127.0.0.1:{self.service.port}"

    def runs(self) -> dict[str, Record]:
        """All runs by their ids, deleted ones included, in whatever experiment they are."""
        query = {"max_results": MOST, "view_type": "ALL"}
        found = self._all(self._post("experiments/search", query), "experiments")
        experiments = [str(one.get("experiment_id")) for one in found if isinstance(one, dict)]
        query = {"max_results": MOST, "run_view_type": "ALL", "experiment_ids": experiments}
        rows = self._all(self._post("runs/search", query), "runs")
        records = [one for one in map(server_run, rows) if one is not None]
        return {one.id: replace(one, metrics=self._metrics(one.id)) for one in records}

    def answers(self, run: str, count: int) -> Labels:
        """The answers that a run left as its artefact."""
        query = urlencode({"run_id": run, "path": PREDICTIONS})
        reply = self._asked(self.service.get, f"/get-artifact?{query}")
        expect(
            reply.status == 200,
            expected=f"an artefact {PREDICTIONS} of each run",
            actual=f"{reply.request}: status {reply.status} with {shorten(reply.text)}",
            hint=f"Log it with the run, at the top of its artefacts: `log_dict(…, '{PREDICTIONS}')`"
            " or `log_artifact`.",
        )
        return read_labels(reply.text.encode(), count)

    def versions(self) -> list[Version]:
        """The versions of the registered model, the oldest first."""
        query = urlencode({"filter": f"name='{self.model}'", "max_results": MOST})
        return server_versions(self._get(f"model-versions/search?{query}"))

    def champion(self) -> str:
        """The version that the alias points at; empty when there is none."""
        name = quote(self.model)
        path = f"{API}/registered-models/alias?name={name}&alias={ALIAS}"
        reply = self._asked(self.service.get, path)
        said = reply.json() if reply.status == 200 else {}
        version = said.get("model_version") if isinstance(said, dict) else None
        return str(version.get("version", ""))[:20] if isinstance(version, dict) else ""

    def point_at(self, version: str) -> None:
        """Let the alias point at a version."""
        said = {"name": self.model, "alias": ALIAS, "version": version}
        self._post("registered-models/alias", said)

    def _metrics(self, run: str) -> dict[str, Any]:
        found = {}
        for name in METRICS:
            query = {"run_id": run, "metric_key": name, "max_results": STEPS_LIMIT}
            found[name] = server_steps(self._get(f"metrics/get-history?{urlencode(query)}"))
        return found

    def _get(self, path: str) -> object:
        return _well(self._asked(self.service.get, f"{API}/{path}"))

    def _post(self, path: str, said: object) -> object:
        return _well(self._asked(self.service.post, f"{API}/{path}", json=said))

    @staticmethod
    def _asked(send: Callable[..., Reply], path: str, **said: object) -> Reply:
        try:
            return send(path, seconds=SECONDS, **said)
        except Failure as failure:
            raise Failure(failure.expected, failure.actual, HINT) from None

    def _all(self, said: object, name: str) -> list[Any]:
        """The list of that name in an answer, which has to be all of it."""
        answer = said if isinstance(said, dict) else {}
        expect(
            not answer.get("next_page_token"),
            expected=f"at most {MOST} {name} on the server",
            actual="more",
            hint="One execution of `train` makes one run.",
        )
        rows = answer.get(name, [])
        return rows if isinstance(rows, list) else []


@dataclass(frozen=True)
class Export:
    """A volume with a folder for each run."""

    volume: Volume

    def runs(self) -> dict[str, Record]:
        """All runs by the names of their folders."""
        files = [name for name in self.volume.names() if name.count("/") == 1]
        names = [file.split("/")[0] for file in files if file.endswith(f"/{RUN_FILE}")]
        expect(
            len(names) <= MOST,
            expected=f"at most {MOST} runs in /runs",
            actual=f"{len(names)}",
            hint="One execution of `train` makes one run.",
        )
        read = {name: self.volume.read(f"{name}/{RUN_FILE}", limit_mb=1) for name in names}
        return {name: exported_run(name, content) for name, content in read.items()}

    def answers(self, run: str, count: int) -> Labels:
        """The answers that a run left beside its `run.json`."""
        file = f"{run}/{PREDICTIONS}"
        return read_labels(self.volume.read(file, limit_mb=1), count, file)


def _well(reply: Reply) -> object:
    expect(
        reply.status == 200,
        expected=f"that the tracking server answers {reply.request.split('?')[0]}",
        actual=f"status {reply.status} with {shorten(reply.text)}",
        hint=HINT,
    )
    said: object = reply.json()
    return said
