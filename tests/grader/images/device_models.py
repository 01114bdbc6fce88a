"""Makes hostile and honest models inside the device's image, and lets its program meet them.

Runs there, by `python -` with this text on its standard input; prints the facts as JSON.
"""

import json
import sys
from pathlib import Path

import flatbuffers
import numpy as np
import onnx
from ai_edge_litert import schema_py_generated as schema
from device.job import Job
from device.measure import measure
from onnx import TensorProto, helper, numpy_helper

FOLDER = Path("/tmp")
COUNT = 60
rng = np.random.default_rng(0)
WEIGHTS = rng.normal(0, 0.1, (64, 10)).astype(np.float32)
BYTES = np.round(WEIGHTS / 0.004).clip(-127, 127).astype(np.int8)


def constant(name: str, value: object, dtype: type) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(value, dtype), name)


def model(nodes: list[onnx.NodeProto], *constants: onnx.TensorProto, width: int = 10) -> bytes:
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 64])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, width])],
        list(constants),
    )
    versions = [helper.make_opsetid("", 21), helper.make_opsetid("mine", 1)]
    made = helper.make_model(graph, opset_imports=versions, ir_version=10)
    return bytes(made.SerializeToString())


def product(source: str, target: str, weights: str = "w") -> onnx.NodeProto:
    return helper.make_node("MatMul", [source, weights], [target])


def integer_product(source: str, target: str) -> list[onnx.NodeProto]:
    """A product of integers, as the quantisers of ONNX write it."""
    return [
        helper.make_node("DynamicQuantizeLinear", [source], ["q", "qs", "qz"]),
        helper.make_node("MatMulInteger", ["q", "b", "qz"], ["p"]),
        helper.make_node("Cast", ["p"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["f", "qs"], [target]),
    ]


def plain() -> bytes:
    return model([product("image", "scores")], constant("w", WEIGHTS, np.float32))


def integers() -> bytes:
    return model(integer_product("image", "scores"), constant("b", BYTES, np.int8))


def decoy() -> bytes:
    """A product of integers that counts for nothing beside one of floats."""
    nodes = [
        *integer_product("image", "extra"),
        helper.make_node("Mul", ["extra", "nothing"], ["zero"]),
        product("image", "real"),
        helper.make_node("Add", ["real", "zero"], ["scores"]),
    ]
    nothing = constant("nothing", 1e-30, np.float32)
    weights = constant("w", WEIGHTS, np.float32)
    return model(nodes, constant("b", BYTES, np.int8), nothing, weights)


def weights_alone() -> bytes:
    nodes = [
        helper.make_node("DequantizeLinear", ["b", "s", "z"], ["w"]),
        product("image", "scores"),
    ]
    scale, zero = constant("s", 0.004, np.float32), constant("z", 0, np.int8)
    return model(nodes, constant("b", BYTES, np.int8), scale, zero)


def table() -> bytes:
    """Answers from a table: nothing is multiplied, but its numbers are counted."""
    nodes = [
        helper.make_node("ReduceSum", ["image"], ["sum"], keepdims=0),
        helper.make_node("Cast", ["sum"], ["place"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "place"], ["row"]),
        helper.make_node("Reshape", ["row", "shape"], ["scores"]),
    ]
    rows = constant("table", rng.random((2_000, 10)), np.float32)
    return model(nodes, rows, constant("shape", [1, 10], np.int64))


def endless() -> bytes:
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["going"], ["goes_on"]),
            helper.make_node("Identity", ["before"], ["after"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("before", TensorProto.FLOAT, [1, 10]),
        ],
        [
            helper.make_tensor_value_info("goes_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("after", TensorProto.FLOAT, [1, 10]),
        ],
    )
    nodes = [
        product("image", "start"),
        helper.make_node("Loop", ["turns", "", "start"], ["scores"], body=body),
    ]
    turns = constant("turns", 2**60, np.int64)
    return model(nodes, constant("w", WEIGHTS, np.float32), turns)


def swollen() -> bytes:
    """More memory than the device has, asked for only when an image is there."""
    nodes = [
        helper.make_node("Tile", ["image", "times"], ["many"]),
        product("many", "answers"),
        helper.make_node("ReduceMean", ["answers", "axis"], ["scores"]),
    ]
    times, axis = constant("times", [2_000_000, 1], np.int64), constant("axis", [0], np.int64)
    return model(nodes, constant("w", WEIGHTS, np.float32), times, axis)


def folded() -> bytes:
    """More memory than the device has, asked for when the constants are worked out."""
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["many"]),
        helper.make_node("ReduceSum", ["many"], ["sum"], keepdims=0),
        product("image", "real"),
        helper.make_node("Add", ["real", "sum"], ["scores"]),
    ]
    return model(
        nodes, constant("shape", [40_000, 40_000], np.int64), constant("w", WEIGHTS, np.float32)
    )


def long_answer() -> bytes:
    nodes = [helper.make_node("Tile", ["image", "times"], ["scores"])]
    return model(nodes, constant("times", [1, 50_000], np.int64), width=3_200_000)


def outside() -> bytes:
    weights = constant("w", WEIGHTS, np.float32)
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value="/etc/passwd")
    return model([product("image", "scores")], weights)


def sparse() -> bytes:
    """All weights in a node, as a tensor that stores what is not zero."""
    places = constant("i", np.arange(WEIGHTS.size), np.int64)
    values = constant("v", WEIGHTS.reshape(-1), np.float32)
    hidden = helper.make_sparse_tensor(values, places, WEIGHTS.shape)
    nodes = [helper.make_node("Constant", [], ["w"], sparse_value=hidden)]
    return model([*nodes, product("image", "scores")])


def custom() -> bytes:
    return model([helper.make_node("Answer", ["image"], ["scores"], domain="mine")])


def tensor(shape: list[int], kind: int, buffer: int, scale: float = 0.0) -> schema.TensorT:
    made = schema.TensorT()
    made.shape, made.type, made.buffer = shape, kind, buffer
    if scale:
        made.quantization = schema.QuantizationParametersT()
        made.quantization.scale, made.quantization.zeroPoint = [scale], [0]
    return made


def buffer(content: bytes = b"") -> schema.BufferT:
    made = schema.BufferT()
    made.data = np.frombuffer(content, np.uint8) if content else None
    return made


def dense(weights: schema.TensorT, content: bytes) -> bytes:
    """A fully connected layer as a TFLite file: images and scores are floats."""
    floats = schema.TensorType.FLOAT32
    graph, code = schema.SubGraphT(), schema.OperatorCodeT()
    graph.tensors = [tensor([1, 64], floats, 0), weights, tensor([1, 10], floats, 0)]
    graph.inputs, graph.outputs, layer = [0], [2], schema.OperatorT()
    layer.opcodeIndex, layer.inputs, layer.outputs = 0, [0, 1, -1], [2]
    layer.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
    layer.builtinOptions = schema.FullyConnectedOptionsT()
    graph.operators, code.version = [layer], 9
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.FULLY_CONNECTED
    model = schema.ModelT()
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    model.buffers = [buffer(), buffer(content)]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def four_bits() -> bytes:
    """Two weights in each byte."""
    values = (BYTES.T // 16).clip(-7, 7)
    low, high = values[:, ::2] & 15, values[:, 1::2] & 15
    packed = (low | high << 4).astype(np.uint8).tobytes()
    return dense(tensor([10, 64], schema.TensorType.INT4, 1, 0.064), packed)


FLOATS = tensor([10, 64], schema.TensorType.FLOAT32, 1)
EIGHT_BITS = tensor([10, 64], schema.TensorType.INT8, 1, 0.004)

MODELS = {
    "plain.tflite": dense(FLOATS, np.ascontiguousarray(WEIGHTS.T).tobytes()),
    "eight.tflite": dense(EIGHT_BITS, np.ascontiguousarray(BYTES.T).tobytes()),
    "four.tflite": four_bits(),
    "plain.onnx": plain(),
    "integers.onnx": integers(),
    "decoy.onnx": decoy(),
    "weights_alone.onnx": weights_alone(),
    "table.onnx": table(),
    "endless.onnx": endless(),
    "swollen.onnx": swollen(),
    "folded.onnx": folded(),
    "long_answer.onnx": long_answer(),
    "outside.onnx": outside(),
    "sparse.onnx": sparse(),
    "custom.onnx": custom(),
    "empty.onnx": b"",
    "noise.onnx": rng.bytes(5_000),
    "lie.tflite": plain(),
    "noise.tflite": rng.bytes(4) + b"TFL3" + rng.bytes(5_000),
    "short.tflite": b"\x20\x00\x00\x00TFL3",
}

for name, content in MODELS.items():
    (FOLDER / name).write_bytes(content)
np.save(FOLDER / "inputs.npy", rng.random((COUNT, 64), np.float32) * 16)
racing = ("plain.onnx", "integers.onnx", "endless.onnx")
job = Job(
    folder=FOLDER,
    inputs="inputs.npy",
    models=tuple(MODELS),
    look=True,
    race=racing,
    rounds=5,
    cpu_seconds=2,
    seconds=60,
)
sys.stdout.write(json.dumps(measure(job)) + "\n")
