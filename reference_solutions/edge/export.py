"""From a network to a file that ONNX Runtime runs."""

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
from torch import Tensor

from model import PIXELS, DigitNet

CALIBRATION = 200  # images that tell how large activations get


def export(model: DigitNet, path: Path) -> None:
    """Write the network as it is, for one image at a time."""
    with warnings.catch_warnings():
        # The older exporter: the newer one takes seconds and packages more, for the same graph.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            model,
            (torch.zeros(1, PIXELS),),
            str(path),
            input_names=["image"],
            output_names=["scores"],
            dynamo=False,
        )


def export_quantised(model: DigitNet, images: Tensor, path: Path) -> None:
    """Write the network with weights and activations of 8 bits, scales fixed by some images."""
    with TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        export(model, plain)
        quantize_static(
            str(plain),
            str(path),
            Calibration(images[:CALIBRATION].numpy()),
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            # Many processors add two products of 8 bits in 16, where the largest find no room.
            reduce_range=True,
        )


class Calibration(CalibrationDataReader):
    """Hands out images one by one."""

    def __init__(self, images: np.ndarray) -> None:
        self._left = iter(images[:, np.newaxis])

    def get_next(self) -> dict[str, np.ndarray] | None:
        image = next(self._left, None)
        return None if image is None else {"image": image}
