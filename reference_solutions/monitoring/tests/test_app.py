"""What is counted and logged: each request once, under what became of it."""

import json
import logging

import pytest
from fastapi.testclient import TestClient

from digit_watch.logs import JsonFormatter
from digit_watch.metrics import outcome_of

ROW = [0.0] * 64


def samples(client: TestClient, name: str) -> dict[str, float]:
    """Every series of a metric, by its labels as written."""
    lines = client.get("/metrics").text.splitlines()
    found = (line.rpartition(" ") for line in lines if line.startswith(name))
    return {series.removeprefix(name): float(value) for series, _, value in found}


def test_requests_are_counted_by_outcome(client: TestClient) -> None:
    client.post("/predict", json={"instances": [ROW]})
    client.post("/predict", json={"instances": [ROW, ROW]})
    client.post("/predict", json={"instances": []})
    client.get("/health")
    assert samples(client, "predict_requests_total") == {
        '{outcome="ok"}': 2,
        '{outcome="refused"}': 1,
        '{outcome="failed"}': 0,
    }
    assert samples(client, "predict_duration_seconds_count") == {"": 2}


def test_digits_are_counted_by_label(client: TestClient) -> None:
    answer = client.post("/predict", json={"instances": [ROW] * 5}).json()
    counted = samples(client, "predicted_digits_total")
    assert len(counted) == 10
    assert counted[f'{{label="{answer["predictions"][0]}"}}'] == 5


def test_one_model_is_in_use(client: TestClient) -> None:
    assert samples(client, "model_in_use") == {'{model="small"}': 1, '{model="large"}': 0}
    client.post("/model", json={"model": "large"})
    assert samples(client, "model_in_use") == {'{model="small"}': 0, '{model="large"}': 1}
    assert client.post("/model", json={"model": "other"}).status_code == 422
    assert client.post("/predict", json={"instances": [ROW]}).json()["model"] == "large"


def test_a_request_that_fails_is_counted_and_keeps_its_id(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.app.state, "model", "none")
    answer = client.post("/predict", json={"instances": [ROW]}, headers={"X-Request-ID": "a b"})
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (500, "a b")
    assert samples(client, "predict_requests_total")['{outcome="failed"}'] == 1


@pytest.mark.parametrize("sent", ["", "x" * 65, "caf\u00e9".encode()])
def test_an_id_that_cannot_be_taken_is_replaced(client: TestClient, sent: str) -> None:
    answer = client.post("/predict", json={"instances": [ROW]}, headers={"X-Request-ID": sent})
    assert len(answer.headers["X-Request-ID"]) == 32


def test_a_line_is_one_line_whatever_stands_in_it() -> None:
    fields = {"request_id": '"}\n{"level": "ERROR"'}
    record = logging.makeLogRecord({"msg": "two\nlines", "levelname": "INFO", "fields": fields})
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert json.loads(line)["request_id"] == fields["request_id"]


@pytest.mark.parametrize(("status", "outcome"), [(200, "ok"), (422, "refused"), (500, "failed")])
def test_outcomes(status: int, outcome: str) -> None:
    assert outcome_of(status) == outcome
