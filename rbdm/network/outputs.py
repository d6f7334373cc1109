"""Makes the values inside a LiteRT model its outputs."""

import struct
from collections.abc import Sequence

from rbdm.errors import WeightsError
from rbdm.network.constants import layer_operators

_OUTPUTS = 8
"""Where FlatBuffers lists the field `outputs` of a subgraph: the third field of TensorFlow's `schema.fbs`."""
_NUMBER = 4
"""Bytes of a number."""


def with_outputs(model: bytes, layers: Sequence[str]) -> bytes:
    """A copy of a LiteRT model with further outputs after its own: those of `layers`, in this order.

    The output of a layer is after the ReLU6 that follows it, if one does. The layers `emotions` and `valence_arousal`
    give their values before softmax and tanh.

    A new list of outputs is appended, and the model refers to it instead of the old one. All other bytes stay where
    they are, because LiteRT needs constants at multiples of 16 bytes.

    Args:
        model: the content of a float32 `.tflite` file that was converted from Keras.
        layers: names as in `rbdm.network.constants.read_constants`.

    Raises:
        WeightsError: the model has no such layer.
    """
    from ai_edge_litert import schema_py_generated as schema

    content = schema.Model.GetRootAs(model, 0)
    found = {name: operator.Outputs(0) for name, _, operator in layer_operators(content)}
    if missing := [layer for layer in layers if layer not in found]:
        raise WeightsError(f"the LiteRT model has no layer {missing[0]!r}: its layers are {', '.join(found)}")
    graph = content.Subgraphs(0)
    outputs = [*map(graph.Outputs, range(graph.OutputsLength())), *(found[layer] for layer in layers)]
    table = graph._tab
    place = table.Pos + table.Offset(_OUTPUTS)
    copy = bytearray(model) + bytes(-len(model) % _NUMBER)
    struct.pack_into("<I", copy, place, len(copy) - place)
    return bytes(copy) + struct.pack(f"<I{len(outputs)}i", len(outputs), *outputs)
