"""Makes the smaller variants and the table: `python variants.py base.onnx variants`."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

from model import FILE, Array, Model
from pictures import corrupt, load

CALIBRATION = 512  # pictures
BATCH = 64
BLOCK = 64  # weights of four bits that share a scale
MEASURED = 5  # corruptions of each picture held back

Make = Callable[[Path, Path], None]


class Calibration(CalibrationDataReader):  # type: ignore[misc] # the package has no types
    """Pictures like those to come: from them the range of every layer's values is measured."""

    def __init__(self) -> None:
        pictures = corrupt(load(held_back=False)[0])[:CALIBRATION].numpy()
        self._batches: Iterator[Array] = iter(np.split(pictures, CALIBRATION // BATCH))

    def get_next(self) -> dict[str, Array] | None:
        batch = next(self._batches, None)
        return None if batch is None else {"pixels": batch}


def keep(base: Path, path: Path) -> None:
    """The model as it was trained."""
    shutil.copyfile(base, path)


def dynamic(base: Path, path: Path) -> None:
    """Weights of eight bits; values between the layers get a scale at each call."""
    quantize_dynamic(base, path, weight_type=QuantType.QInt8)


def static(base: Path, path: Path) -> None:
    """Weights and values of eight bits, with scales that are measured beforehand."""
    quantize_static(
        base, path, Calibration(), op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8
    )


def four_bits(base: Path, path: Path) -> None:
    """Weights of four bits, a scale for each block of them; values stay as they are."""
    quantizer = MatMulNBitsQuantizer(onnx.load(base), block_size=BLOCK, is_symmetric=True)
    quantizer.process()
    quantizer.model.save_model_to_file(str(path), use_external_data_format=False)


VARIANTS: dict[str, tuple[str, Make]] = {
    "base": ("float32, as trained", keep),
    "dynamic": ("dynamic quantisation, 8 bits", dynamic),
    "static": ("static quantisation, 8 bits", static),
    "optimised": ("weights of 4 bits in blocks", four_bits),
}


def main(base: Path, out: Path) -> None:
    """Write every variant to a folder of its own, and measure them all on the same pictures."""
    torch.manual_seed(1)
    x, y = load(held_back=True)
    pictures = corrupt(x.repeat(MEASURED, 1)).numpy()
    right = y.repeat(MEASURED).numpy()
    usual: Array | None = None
    table = {}
    for name, (technique, make) in VARIANTS.items():
        folder = out / name
        folder.mkdir(parents=True)
        make(base, folder / FILE)
        found = Model(folder).scores(pictures).argmax(axis=1)
        usual = found if usual is None else usual
        table[name] = {
            "technique": technique,
            "bytes": (folder / FILE).stat().st_size,
            "accuracy": round(float(np.mean(found == right)), 4),
            "agreement": round(float(np.mean(found == usual)), 4),
        }
        print(name, table[name])
    (out / "variants.json").write_text(json.dumps(table, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
