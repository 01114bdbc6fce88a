"""Writes small dense networks as TFLite files: the flat buffers of the schema, and no converter.

A TFLite file is a list of tensors, a list of operations on them, and a list of buffers that hold
what is constant. An operation on 8-bit tensors is one of integers; its tensors carry the scale
and the zero by which a number stands for another: number = scale * (integer - zero).
"""

from dataclasses import dataclass

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

Array = npt.NDArray[np.generic]
KINDS = {"float32": "FLOAT32", "int8": "INT8", "int32": "INT32"}
VERSION = 3  # of the schema
NEWEST = 127  # the old field for an operation's code has room for no larger one


@dataclass(frozen=True)
class Scale:
    """What the integers of a tensor stand for; an array has one scale for each row of weights."""

    scale: float | Array
    zero: int = 0


class Graph:
    """One network, written from its input to its output."""

    def __init__(self) -> None:
        self._buffers = [schema.BufferT()]  # the first one is the empty buffer of all others
        self._tensors: list[schema.TensorT] = []
        self._operations: list[schema.OperatorT] = []
        self._codes: list[int] = []

    def tensor(self, shape: list[int], dtype: str, scale: Scale | None = None) -> int:
        """A tensor that is worked out when the network runs; its number."""
        made = schema.TensorT()
        made.name = f"tensor{len(self._tensors)}"
        made.shape = shape
        made.type = getattr(schema.TensorType, KINDS[dtype])
        made.buffer = 0
        if scale is not None:
            made.quantization = _quantisation(scale)
        self._tensors.append(made)
        return len(self._tensors) - 1

    def constant(self, values: Array, scale: Scale | None = None) -> int:
        """A tensor that stands in the file; its number."""
        number = self.tensor(list(values.shape), values.dtype.name, scale)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        self._tensors[number].buffer = len(self._buffers)
        self._buffers.append(buffer)
        return number

    def dense(self, inputs: list[int], output: int, *, relu: bool) -> None:
        """Output = inputs[0] * transpose(inputs[1]) + inputs[2], and nothing below zero if `relu`."""
        options = schema.FullyConnectedOptionsT()
        activations = schema.ActivationFunctionType
        options.fusedActivationFunction = activations.RELU if relu else activations.NONE
        made = self._operation(schema.BuiltinOperator.FULLY_CONNECTED, inputs, output)
        made.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
        made.builtinOptions = options

    def quantise(self, source: int, target: int) -> None:
        """From floats to integers."""
        self._operation(schema.BuiltinOperator.QUANTIZE, [source], target)

    def dequantise(self, source: int, target: int) -> None:
        """From integers to floats."""
        self._operation(schema.BuiltinOperator.DEQUANTIZE, [source], target)

    def packed(self, source: int, target: int) -> bytes:
        """The file."""
        graph = schema.SubGraphT()
        graph.tensors, graph.operators = self._tensors, self._operations
        graph.inputs, graph.outputs = [source], [target]
        model = schema.ModelT()
        model.version = VERSION
        model.subgraphs, model.buffers = [graph], self._buffers
        model.operatorCodes = [_code(code) for code in self._codes]
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _operation(self, code: int, inputs: list[int], output: int) -> schema.OperatorT:
        if code not in self._codes:
            self._codes.append(code)
        made = schema.OperatorT()
        made.opcodeIndex = self._codes.index(code)
        made.inputs, made.outputs = inputs, [output]
        self._operations.append(made)
        return made


def _code(code: int) -> schema.OperatorCodeT:
    made = schema.OperatorCodeT()
    made.builtinCode = code
    made.deprecatedBuiltinCode = min(code, NEWEST)
    made.version = 4 if code == schema.BuiltinOperator.FULLY_CONNECTED else 1
    return made


def _quantisation(scale: Scale) -> schema.QuantizationParametersT:
    made = schema.QuantizationParametersT()
    made.scale = np.atleast_1d(np.asarray(scale.scale, np.float32))
    made.zeroPoint = np.full(made.scale.shape, scale.zero, np.int64)
    made.quantizedDimension = 0
    return made
