"""The service as its clients see it."""

import pytest
from conftest import PERIOD, draw, reference
from fastapi.testclient import TestClient

from drift_service.app import create_app


@pytest.fixture
def client() -> TestClient:
    client = TestClient(create_app())
    assert client.post("/reference", json=reference()).json() == {"version": 1}
    return client


def step(client: TestClient, seed: int, shift: float) -> tuple[float, int]:
    """One batch with its labels: the share that was right, and the version after it."""
    rows, labels = (part.tolist() for part in draw(200, seed, shift))
    read = client.post("/predict", json={"rows": rows}).json()["predictions"]
    version = client.post("/feedback", json={"rows": rows, "labels": labels}).json()["version"]
    return sum(a == b for a, b in zip(read, labels, strict=True)) / len(labels), version


def test_usual_traffic_changes_nothing(client: TestClient) -> None:
    steps = [step(client, seed, 0.0) for seed in range(1, 3 * PERIOD)]
    assert all(right > 0.9 and version == 1 for right, version in steps)
    assert client.get("/drift").json()["drift"] is False


def test_a_new_world_is_named_learnt_once_and_then_usual(client: TestClient) -> None:
    for seed in range(1, PERIOD + 1):
        step(client, seed, 0.0)
    first = step(client, 50, 3.0)[0]
    step(client, 51, 3.0)
    report = client.get("/drift").json()
    assert [name for name, part in report["features"].items() if part["drift"]] == ["a"]
    later = [step(client, seed, 3.0) for seed in range(80, 80 + 4 * PERIOD)]
    assert later[-1][1] == 2
    assert first < 0.8 < 0.9 < later[-1][0]
    assert client.get("/drift").json()["since"] is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "Field required"),
        ("{}", "Field required"),
        ('{"rows": []}', "at least 1 item"),
        ('{"rows": [[1, 2, 3], [1, 2]]}', "row 1 has 2 numbers"),
        ('{"rows": [[1, 2, NaN]]}', "finite number"),
        ('{"rows": [[1, 2, 1e999]]}', "finite number"),
        ('{"rows": [[1, 2, "3"]]}', "valid number"),
    ],
)
def test_a_bad_batch_leaves_no_trace(client: TestClient, content: str, said: str) -> None:
    before = client.get("/drift").json()
    answer = client.post(
        "/predict", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert said in str(answer.json()["detail"])
    assert client.get("/drift").json() == before


def test_a_bad_reference_leaves_the_good_one(client: TestClient) -> None:
    answer = client.post("/reference", json=reference() | {"labels": [0, 1]})
    assert answer.status_code == 422
    assert client.get("/drift").json()["version"] == 1


def test_nothing_is_known_before_the_first_reference() -> None:
    answer = TestClient(create_app()).get("/drift")
    assert answer.status_code == 409
    assert "POST /reference" in answer.json()["detail"]
