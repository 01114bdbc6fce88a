"""What `build` makes: each model answers, and is what its name says."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import numpy_helper

import main
from quantising import Ternary


@pytest.fixture(scope="module")
def models(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models")
    main.build(data, out)
    return out


def weights(path: Path) -> list[np.ndarray]:
    """The weights of each layer as they lie in the file."""
    found = [numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer]
    return [values for values in found if values.ndim == 2]


@pytest.mark.parametrize("name", ["float", "ptq", "qat", "pruned", "small"])
def test_every_model_reads_digits_one_at_a_time(data: Path, models: Path, name: str) -> None:
    session = onnxruntime.InferenceSession(models / f"{name}.onnx")
    with np.load(data) as arrays:
        x, y = arrays["x"], arrays["y"]
    said = [session.run(None, {"image": image[np.newaxis]})[0].argmax() for image in x]
    assert np.mean(said == y) > 0.95


@pytest.mark.parametrize("name", ["ptq", "qat", "small"])
def test_quantised_models_multiply_integers(models: Path, tmp_path: Path, name: str) -> None:
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "really.onnx")
    onnxruntime.InferenceSession(models / f"{name}.onnx", options)
    operations = [node.op_type for node in onnx.load(tmp_path / "really.onnx").graph.node]
    assert operations.count("QGemm") == 3
    assert not {"Gemm", "MatMul", "FusedGemm"} & set(operations)


def test_coarse_weights_have_three_values(models: Path) -> None:
    assert [len(np.unique(values)) for values in weights(models / "qat.onnx")] == [3, 3, 3]


@pytest.mark.parametrize("name", ["pruned", "small"])
def test_pruned_weights_are_zero(models: Path, name: str) -> None:
    flat = np.concatenate([values.ravel() for values in weights(models / f"{name}.onnx")])
    assert np.mean(flat == 0) >= 0.799


def test_all_come_from_one_network(models: Path) -> None:
    shapes = {
        tuple(values.shape for values in weights(path)) for path in models.glob("*.onnx")
    }
    assert shapes == {((256, 64), (256, 256), (10, 256))}


def test_rounding_lets_the_gradient_pass() -> None:
    weight = torch.tensor([[0.9, -1.1, 0.1, -0.2]], requires_grad=True)
    rounded = Ternary()(weight)
    assert torch.allclose(rounded, torch.tensor([[1.0, -1.0, 0.0, 0.0]]))
    (rounded * torch.tensor([1.0, 2.0, 3.0, 4.0])).sum().backward()
    assert weight.grad.tolist() == [[1.0, 2.0, 3.0, 4.0]]
