"""The web interface, around a classifier that answers the brightest column of a digit."""

import json

import numpy as np
import pytest
from flask.testing import FlaskClient

from app import create_app

ROW = [0] * 63 + [16]


class BrightestColumn:
    def predict(self, rows: np.ndarray) -> np.ndarray:
        return rows.reshape(-1, 8, 8).sum(axis=1).argmax(axis=1)


@pytest.fixture
def client() -> FlaskClient:
    return create_app(BrightestColumn()).test_client()


def test_health_and_description_answer(client: FlaskClient) -> None:
    assert client.get("/health").status_code == 200
    assert "/predict" in client.get("/openapi.json").json["paths"]


def test_labels_come_in_the_order_of_the_rows(client: FlaskClient) -> None:
    answer = client.post("/predict", json={"instances": [ROW, ROW[::-1]]})
    assert answer.json == {"predictions": [7, 0]}


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"instances": "seven"},
        {"instances": []},
        {"instances": [[]]},
        {"instances": ROW},
        {"instances": [ROW[1:]]},
        {"instances": [["7"] * 64]},
        {"instances": [[True] * 64]},
        {"instances": [[17] * 64]},
        {"instances": [[float("nan")] * 64]},
        {"instances": [[10**400] * 64]},
    ],
)
def test_a_bad_request_is_told_what_is_wrong(client: FlaskClient, document: object) -> None:
    answer = client.post("/predict", data=json.dumps(document))
    assert answer.status_code == 400
    assert len(answer.json["error"].split()) > 3


def test_a_large_body_is_refused(client: FlaskClient) -> None:
    answer = client.post("/predict", data=b" " * 2 * 1024 * 1024)
    assert answer.status_code == 413
