"""TFLite: what stands in the file, and how LiteRT's interpreter answers.

LiteRT runs the operations as they stand in the file: a product whose weights are integers is
worked out with integers, whether its other side comes as integers or is quantised on the way.
"""

import struct
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from .cage import Refused
from .census import Census, Numbers, unpacked

MARK = b"TFL3"  # bytes 4 to 8 of every TFLite file
SHAPE = [1, 64]
PRODUCTS = {"BATCH_MATMUL", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"}
KINDS = {
    schema.TensorType.FLOAT32: np.float32,
    schema.TensorType.FLOAT16: np.float16,
    schema.TensorType.FLOAT64: np.float64,
    schema.TensorType.INT32: np.int32,
    schema.TensorType.INT64: np.int64,
    schema.TensorType.UINT8: np.uint8,
    schema.TensorType.INT16: np.int16,
    schema.TensorType.INT8: np.int8,
    schema.TensorType.BOOL: np.bool_,
}
BITS = {schema.TensorType.INT4: 4, schema.TensorType.INT2: 2}
SMALL = {schema.TensorType.INT8, schema.TensorType.UINT8, *BITS}
NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}


class TfliteRunner:
    """One model, ready to be asked."""

    def __init__(self, content: bytes) -> None:
        self._interpreter = Interpreter(model_content=content, num_threads=1)
        inputs, outputs = (
            self._interpreter.get_input_details(),
            self._interpreter.get_output_details(),
        )
        if len(inputs) != 1 or len(outputs) != 1:
            raise Refused(f"{len(inputs)} inputs and {len(outputs)} outputs, not one of each")
        self._input, self._output = inputs[0], outputs[0]
        if list(self._input["shape"]) != SHAPE:
            raise Refused(f"its input is {list(self._input['shape'])}, not {SHAPE}")
        if self._input["dtype"] not in {np.float32, np.int8, np.uint8}:
            raise Refused(f"its input is {self._input['dtype'].__name__}, not float32 or int8")
        self._interpreter.allocate_tensors()

    def taken(self, picture: Numbers) -> Numbers:
        """The picture, float32 [1, 64], in the type that the model takes."""
        dtype = self._input["dtype"]
        if dtype == np.float32:
            return picture
        scale, zero = self._input["quantization"]
        limits = np.iinfo(dtype)
        steps = np.round(picture / (scale or 1.0)) + zero
        return np.asarray(steps.clip(limits.min, limits.max), dtype)

    def ask(self, taken: Numbers) -> Numbers:
        """The scores for one picture."""
        self._interpreter.set_tensor(self._input["index"], taken)
        self._interpreter.invoke()
        return np.asarray(self._interpreter.get_tensor(self._output["index"]))


def read(content: bytes) -> tuple[Census, bytes]:
    """What stands in the graph, and the graph with its integer weights wiped out."""
    if content[4:8] != MARK:
        raise Refused("it is no TFLite model")
    wiped = bytearray(content)
    census = Census()
    try:
        model = schema.Model.GetRootAs(wiped)
        for number in range(model.SubgraphsLength()):
            _count(model, model.Subgraphs(number), census)
    except (struct.error, IndexError, ValueError, TypeError, AttributeError) as error:
        raise Refused(f"it is no sound TFLite model: {error}") from error
    return census, bytes(wiped)


def _count(model: Any, graph: Any, census: Census) -> None:  # noqa: ANN401 - made by a generator
    """Count one graph; its integer weights are wiped out on the way."""
    integer = set()
    for number in range(graph.OperatorsLength()):
        operator = graph.Operators(number)
        code = model.OperatorCodes(operator.OpcodeIndex())
        name = NAMES.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()), "?")
        census.operations[name] += 1
        if name not in PRODUCTS:
            continue
        first, weights = graph.Tensors(operator.Inputs(0)), operator.Inputs(1)
        if graph.Tensors(weights).Type() in SMALL:
            integer.add(weights)
            census.dynamic |= first.Type() == schema.TensorType.FLOAT32
    for number in range(graph.TensorsLength()):
        tensor = graph.Tensors(number)
        buffer = model.Buffers(tensor.Buffer())
        if buffer.Offset() > 1 or tensor.Sparsity() is not None:
            raise Refused(
                "its weights lie outside of its tensors, or are sparse: store them plainly"
            )
        raw = buffer.DataAsNumpy() if buffer.DataLength() else None
        if raw is not None:
            is_integer = number in integer
            census.count(_numbers(tensor, raw), integer=is_integer, zero=_zero(tensor))
            if is_integer:
                raw[:] = 0


def _numbers(tensor: Any, raw: Any) -> Numbers:  # noqa: ANN401 - made by a generator
    kind = tensor.Type()
    if kind in BITS:
        return unpacked(raw, BITS[kind], int(np.prod(tensor.ShapeAsNumpy())))
    return np.asarray(raw.view(KINDS.get(kind, np.uint8)))


def _zero(tensor: Any) -> int:  # noqa: ANN401 - made by a generator
    """The value that stands for zero; weights of one byte with a sign always have 0."""
    quantisation = tensor.Quantization()
    if quantisation is None or not quantisation.ZeroPointLength():
        return 0
    return int(quantisation.ZeroPoint(0))
