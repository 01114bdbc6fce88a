"""ONNX: what ONNX Runtime makes of a graph before it runs it, and how it answers.

The runtime rewrites a graph when it loads it. Only there it shows whether a product is one of
integers: pairs of QuantizeLinear and DequantizeLinear that it cannot fuse stay products of floats.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

from .cage import Refused
from .census import Census, Numbers

onnxruntime.disable_telemetry_events()

# Products of integers: which input holds the weights, and which the value that stands for zero.
INTEGER = {
    "ConvInteger": (1, 3),
    "DynamicQuantizeMatMul": (1, 3),
    "MatMulInteger": (1, 3),
    "MatMulIntegerToFloat": (1, 5),
    "QGemm": (3, 5),
    "QLinearConv": (3, 5),
    "QLinearMatMul": (3, 5),
}
DEQUANTIZE = "DequantizeLinear"  # weights as integers, products as floats
SIZE = 64
EMPTY: Numbers = np.zeros((), np.int8)
SCRATCH = Path("/tmp")  # noqa: S108 - a file system of this container alone


class OnnxRunner:
    """One model, ready to be asked."""

    def __init__(self, content: bytes, optimised: Path | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        if optimised:
            options.optimized_model_filepath = str(optimised)
            # Further ones pad weights of convolutions to what suits this very processor.
            level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
            options.graph_optimization_level = level
        self._session = onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1:
            raise Refused(f"{len(inputs)} inputs and {len(outputs)} outputs, not one of each")
        if inputs[0].type != "tensor(float)" or not _fits(inputs[0].shape):
            raise Refused(f"its input is {inputs[0].type} {inputs[0].shape}, not float [1, {SIZE}]")
        self._input, self._output = inputs[0].name, outputs[0].name

    def taken(self, picture: Numbers) -> Numbers:
        """The picture, float32 [1, 64], as it is."""
        return picture

    def ask(self, taken: Numbers) -> Numbers:
        """The scores for one picture."""
        return np.asarray(self._session.run([self._output], {self._input: taken})[0])


def read(content: bytes) -> tuple[Census, bytes]:
    """What the runtime made of the graph, and the graph with its integer weights wiped out."""
    _refuse_uncounted(_parse(content))
    path = SCRATCH / f"optimised-{os.getpid()}.onnx"
    OnnxRunner(content, path)
    model = _parse(path.read_bytes())
    path.unlink()
    _refuse_uncounted(model)  # a node may have held a sparse tensor, which lies in the graph now
    census = Census()
    _count(model.graph, census)
    return census, model.SerializeToString()


def _parse(content: bytes) -> onnx.ModelProto:
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except Exception as error:
        raise Refused("it is no ONNX model") from error
    if not model.graph.node:
        raise Refused("it is no ONNX model: its graph is empty")
    return model


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """The graph and all graphs within it."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                if inner.node:
                    yield from _graphs(inner)


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """Constants that stand in the graph itself, as initialisers or as attributes of nodes."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def _refuse_uncounted(model: onnx.ModelProto) -> None:
    for graph in _graphs(model.graph):
        if graph.sparse_initializer:
            raise Refused("it has sparse tensors: store weights densely")
        for tensor in _tensors(graph):
            if tensor.data_location == onnx.TensorProto.EXTERNAL:
                raise Refused("its weights lie in a second file: export one file")


def _count(whole: onnx.GraphProto, census: Census) -> None:
    """Count all graphs; the integer weights of the outermost are wiped out on the way."""
    for graph in _graphs(whole):
        constants = {tensor.name: tensor for tensor in graph.initializer}
        integer: dict[str, bool] = {}
        zeros: dict[str, onnx.TensorProto | None] = {}
        for node in graph.node:
            census.operations[node.op_type] += 1
            census.dynamic |= node.op_type.startswith("DynamicQuantize")
            weight, zero = INTEGER.get(node.op_type, (0, 2))
            if node.op_type in INTEGER or node.op_type == DEQUANTIZE:
                name = _name(node, weight)
                zeros[name] = constants.get(_name(node, zero))
                integer[name] = node.op_type in INTEGER and integer.get(name, True)
        for tensor in _tensors(graph):
            numbers = numpy_helper.to_array(tensor)
            point = zeros.get(tensor.name)
            is_integer = integer.get(tensor.name, False) and numbers.dtype.itemsize == 1
            zero_point = _along(numbers, point)
            census.count(numbers.reshape(-1), integer=is_integer, zero=zero_point.reshape(-1))
            if is_integer:
                tensor.CopyFrom(numpy_helper.from_array(np.zeros_like(numbers), tensor.name))
        for node in graph.node:
            for attribute in node.attribute:  # trees and scalers keep their numbers here
                census.count(np.array([*attribute.floats, *attribute.ints]))


def _name(node: onnx.NodeProto, place: int) -> str:
    return node.input[place] if place < len(node.input) else ""


def _along(numbers: Numbers, point: onnx.TensorProto | None) -> Numbers:
    """The value that stands for zero, for each number. One per channel where there are several."""
    zero = EMPTY if point is None else numpy_helper.to_array(point)
    if zero.size == 1:
        return np.full(numbers.shape, zero.reshape(()))
    axes = [axis for axis, length in enumerate(numbers.shape) if length == zero.size]
    shape = [-1 if axes and axis == axes[0] else 1 for axis in range(numbers.ndim)]
    return np.broadcast_to(zero.reshape(shape) if axes else 0, numbers.shape)


def _fits(shape: list[int | str | None]) -> bool:
    """Whether one picture can go in; a word or nothing stands for any length."""
    lengths = [asked if isinstance(asked, int) and asked > 0 else None for asked in shape]
    return lengths in ([1, SIZE], [None, SIZE], [1, None], [None, None])
