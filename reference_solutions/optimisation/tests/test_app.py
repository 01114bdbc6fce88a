"""The web interface, around a small network that has learnt nothing: its form counts here."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from starlette.testclient import TestClient

from app import create_app
from model import FILE, PIXELS

ROWS = np.random.default_rng(0).uniform(0, 16, (40, PIXELS)).round(2).tolist()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    weight = np.random.default_rng(1).normal(0, 0.1, (PIXELS, 10)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["pixels", "weight"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["scores"]),
        ],
        "small",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", PIXELS])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 10])],
        [numpy_helper.from_array(weight, "weight")],
    )
    opset = [helper.make_opsetid("", 20)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), tmp_path / FILE)
    return tmp_path


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(create_app(folder)) as client:
        yield client


def test_a_folder_without_a_model_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="model.onnx"):
        create_app(tmp_path)


def test_every_image_gets_ten_scores_that_sum_to_one(client: TestClient) -> None:
    scores = np.array(client.post("/predict", json={"images": ROWS}).json()["scores"])
    assert scores.shape == (len(ROWS), 10)
    assert scores.sum(axis=1) == pytest.approx(1, abs=1e-4)


def test_an_image_scores_the_same_alone_and_in_a_batch(client: TestClient) -> None:
    together = client.post("/predict", json={"images": ROWS}).json()["scores"]
    alone = [client.post("/predict", json={"images": [row]}).json()["scores"][0] for row in ROWS]
    assert np.array(alone) == pytest.approx(np.array(together), abs=1e-4)


def test_a_batch_is_one_call(client: TestClient) -> None:
    client.post("/predict", json={"images": ROWS})
    assert client.get("/stats").json() == {"calls": 1, "images": len(ROWS)}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not JSON",
        b"[]",
        b"{}",
        b'{"images": []}',
        b'{"images": [[1, 2, 3]]}',
        b'{"images": [[%b]]}' % b",".join([b"NaN"] * PIXELS),
        b'{"images": [[%b]]}' % b",".join([b'"dark"'] * PIXELS),
    ],
)
def test_a_bad_request_is_refused(client: TestClient, content: bytes) -> None:
    answer = client.post("/predict", content=content)
    assert answer.status_code == 422
    assert "not a good request" in answer.json()["detail"]
    assert client.get("/stats").json() == {"calls": 0, "images": 0}
