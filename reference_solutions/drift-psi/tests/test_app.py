"""The application, taught a small world of two features."""

import numpy as np
import pytest
from flask.testing import FlaskClient

from app import create_app
from index import ALARM, stability

PERIOD = 3


def rows(count: int, shift: float = 0.0, seed: int = 1) -> list[list[float]]:
    drawn = np.random.default_rng(seed).normal(0, 1, (count, 2))
    drawn[:, 1] += shift
    return drawn.tolist()


def reference() -> dict:
    known = rows(600)
    labels = [int(row[0] > 0) for row in known]
    return {"features": ["a", "b"], "period": PERIOD, "rows": known, "labels": labels}


@pytest.fixture
def client() -> FlaskClient:
    client = create_app().test_client()
    assert client.post("/reference", json=reference()).json == {"version": 1}
    return client


def send(client: FlaskClient, shift: float = 0.0) -> None:
    for seed in range(PERIOD):
        batch = {"rows": rows(150, shift, seed + 2)}
        assert client.post("/predict", json=batch).status_code == 200


def test_usual_traffic_is_met_with_silence_and_a_shift_is_named(client: FlaskClient) -> None:
    send(client)
    said = client.get("/drift").json
    assert (said["batches"], said["drift"], said["since"]) == (PERIOD, False, None)
    send(client, shift=1.5)
    said = client.get("/drift").json
    assert said["drift"]
    assert PERIOD < said["since"] <= 2 * PERIOD
    assert [name for name, part in said["features"].items() if part["drift"]] == ["b"]


def test_equal_shares_are_stable_and_an_empty_bin_is_not() -> None:
    assert stability(np.array([5, 5]), np.array([50, 50])) == 0
    assert stability(np.array([5, 5]), np.array([0, 10])) > ALARM


@pytest.mark.parametrize(
    "body", ["", "{}", '{"rows": []}', '{"rows": [[1, NaN]]}', '{"rows": [[1, 2], [3]]}']
)
def test_a_bad_batch_is_refused_and_leaves_no_trace(client: FlaskClient, body: str) -> None:
    before = client.get("/drift").json
    answer = client.post("/predict", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert len(answer.json["error"].split()) >= 3
    assert client.get("/drift").json == before


def test_before_a_reference_there_is_nothing_to_say() -> None:
    assert create_app().test_client().get("/drift").status_code == 409
