"""The web interface, around a network that has learnt nothing: its form is what counts here."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from fastapi.testclient import TestClient

from digit_service.app import BODY_LIMIT, create_app
from digit_service.model import PIXELS, make_network

ROW = [float(i % 17) for i in range(PIXELS)]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    torch.manual_seed(0)
    torch.save(make_network().state_dict(), tmp_path / "model.pt")
    with TestClient(create_app(tmp_path / "model.pt")) as client:
        yield client


def test_a_running_service_is_healthy(client: TestClient) -> None:
    assert client.get("/health").status_code == 200


def test_a_service_without_a_model_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), TestClient(create_app(tmp_path / "model.pt")):
        pass


def test_every_row_gets_one_label(client: TestClient) -> None:
    answer = client.post("/predict", json={"instances": [ROW, ROW[::-1], ROW]}).json()
    first, _, third = answer["predictions"]
    assert first == third
    assert all(label in range(10) for label in answer["predictions"])


def test_a_row_gets_the_same_label_alone_and_in_company(client: TestClient) -> None:
    rows = torch.randint(0, 17, (20, PIXELS)).tolist()
    together = client.post("/predict", json={"instances": rows}).json()["predictions"]
    alone = [client.post("/predict", json={"instances": [row]}).json() for row in rows]
    assert together == [answer["predictions"][0] for answer in alone]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "body: Field required"),
        (b"not JSON", "JSON decode error"),
        (b"{}", "instances: Field required"),
        (b'{"instances": []}', "at least 1 item"),
        (b'{"instances": [[1, 2, 3]]}', "at least 64 items"),
        (b'{"instances": [[%b]]}' % b",".join([b"0"] * 65), "at most 64 items"),
        (b'{"instances": [[%b]]}' % b",".join([b'"7"'] * 64), "valid number"),
        (b'{"instances": [[%b]]}' % b",".join([b"NaN"] * 64), "finite number"),
        (b'{"instances": [[%b]]}' % b",".join([b"17"] * 64), "less than or equal to 16"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(client: TestClient, content: bytes, said: str) -> None:
    answer = client.post("/predict", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert said in str(answer.json()["detail"])


def test_a_large_body_is_refused_even_when_its_length_is_not_declared(client: TestClient) -> None:
    pieces = iter([b" " * 1024] * (BODY_LIMIT // 1024 + 1))
    answer = client.post("/predict", content=pieces)
    assert answer.status_code == 413
    assert "larger than" in answer.json()["detail"]


def test_the_description_names_what_goes_in_and_comes_out(client: TestClient) -> None:
    page = client.get("/openapi.json").json()
    assert "post" in page["paths"]["/predict"]
    assert "instances" in page["components"]["schemas"]["Instances"]["properties"]
    assert "predictions" in page["components"]["schemas"]["Predictions"]["properties"]
