"""Reads and replaces the constants of a float32 LiteRT model: the kernels and biases of its layers."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rbdm.errors import WeightsError

Floats = npt.NDArray[np.float32]

_LITERT_TO_KERAS = {"CONV_2D": (1, 2, 3, 0), "DEPTHWISE_CONV_2D": (1, 2, 3, 0), "FULLY_CONNECTED": (1, 0)}
"""The operators that have a kernel, and in which order Keras has the axes of LiteRT's kernel."""
_CALLS = ("convolution", "depthwise", "MatMul")
"""How TensorFlow calls what a layer does: a kernel's name has the part `model/layer_1/convolution`."""


class Layer(NamedTuple):
    """The constants of one layer: `output = kernel · input + bias`.

    Attributes:
        kernel: float32, with the axes of Keras: (height, width, inputs, outputs) of a convolution, (height, width,
            channels, 1) of a depthwise convolution, (inputs, outputs) of a dense layer.
        bias: float32, one number for each output (or channel).
    """

    kernel: Floats
    bias: Floats


def read_constants(model: bytes) -> dict[str, Layer]:
    """The constants of all layers that have a kernel, by the layer's name in Keras, in the order of the graph.

    Args:
        model: the content of a float32 `.tflite` file that was converted from Keras.

    Raises:
        WeightsError: the model has a constant that belongs to no layer, or to two, or is not float32.
    """
    return {name: Layer(layer.kernel.copy(), layer.bias.copy()) for name, layer in _views(bytearray(model)).items()}


def write_constants(model: bytes, layers: Mapping[str, Layer]) -> bytes:
    """A copy of a LiteRT model with other constants. Everything else in it stays as it is, byte for byte.

    Args:
        model: the content of a float32 `.tflite` file that was converted from Keras.
        layers: the new constants by the layer's name, for some or all of the layers of `read_constants`, with the same
            shapes as there.

    Raises:
        WeightsError: the model has no such layer, or a constant has another shape, or is not finite in float32; or for
            the reasons of `read_constants`.
    """
    copy = bytearray(model)
    views = _views(copy)
    for name, layer in layers.items():
        if name not in views:
            raise WeightsError(f"the LiteRT model has no layer {name!r}: its layers are {', '.join(views)}")
        for view, values in zip(views[name], layer, strict=True):
            if values.shape != view.shape:
                raise WeightsError(f"layer {name!r} of the LiteRT model has a constant of shape {view.shape}")
            view[...] = values
            if not np.isfinite(view).all():
                raise WeightsError(f"layer {name!r} has weights that are not finite: did the training diverge?")
    return bytes(copy)


def _views(model: bytearray) -> dict[str, Layer]:
    """The constants of every layer with the axes of Keras: views into the bytes of `model`, which can be written to."""
    from ai_edge_litert import schema_py_generated as schema

    content = schema.Model.GetRootAs(model, 0)
    graph = content.Subgraphs(0)
    floats = {
        index: content.Buffers(tensor.Buffer()).DataAsNumpy()
        for index, tensor in enumerate(map(graph.Tensors, range(graph.TensorsLength())))
        # The two numbers of the layer that scales the image are no arrays.
        if tensor.Type() == schema.TensorType.FLOAT32 and tensor.ShapeLength() and _has_data(content, tensor)
    }
    buffers = {graph.Tensors(index).Buffer() for index in floats}
    if len(buffers) < len(floats):
        raise WeightsError("the LiteRT model has layers that share a constant")
    views: dict[str, Layer] = {}
    for name, kind, operator in layer_operators(content):
        _, kernel, bias = operator.InputsAsNumpy()
        if kernel not in floats or bias not in floats or name in views:
            raise WeightsError(f"the LiteRT model has no float32 constants of its own for layer {name!r}")
        arrays = (floats.pop(index).view(np.float32).reshape(_shape(graph, index)) for index in (kernel, bias))
        views[name] = Layer(next(arrays).transpose(_LITERT_TO_KERAS[kind]), next(arrays))
    if floats:
        names = [graph.Tensors(index).Name().decode() for index in floats]
        raise WeightsError(f"the LiteRT model has constants that belong to no layer: {', '.join(names)}")
    return views


def layer_operators(content: Any) -> Iterator[tuple[str, str, Any]]:
    """The layers that have a kernel, in the order of the graph.

    Args:
        content: the model, as `ai_edge_litert.schema_py_generated.Model.GetRootAs` reads it.

    Yields:
        The layer's name in Keras, the name of its operator in LiteRT, and the operator.

    Raises:
        WeightsError: a kernel belongs to no layer.
    """
    from ai_edge_litert import schema_py_generated as schema

    operators = {code: name for name, code in vars(schema.BuiltinOperator).items() if name in _LITERT_TO_KERAS}
    graph = content.Subgraphs(0)
    for operator in map(graph.Operators, range(graph.OperatorsLength())):
        code = content.OperatorCodes(operator.OpcodeIndex())
        kind = operators.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()))
        if kind is not None:
            yield _layer_name(graph.Tensors(operator.Inputs(1)).Name().decode()), kind, operator


def _has_data(content: Any, tensor: Any) -> bool:
    return bool(content.Buffers(tensor.Buffer()).DataLength())


def _shape(graph: Any, index: int) -> tuple[int, ...]:
    return tuple(int(size) for size in graph.Tensors(index).ShapeAsNumpy())


def _layer_name(kernel: str) -> str:
    """`Conv1` of the kernel `rbdm_1/Conv1_1/convolution`. A fused kernel has several such parts."""
    for part in kernel.split(";"):
        *_, layer, call = ("", *part.split("/"))
        if call in _CALLS:
            return layer.rpartition("_")[0]
    raise WeightsError(f"the LiteRT model has a kernel that belongs to no layer: {kernel}")
