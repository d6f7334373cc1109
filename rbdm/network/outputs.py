"""Makes the values inside a LiteRT model its outputs."""

from collections.abc import Sequence

from rbdm.errors import WeightsError
from rbdm.network.constants import layer_operators


def with_outputs(model: bytes, layers: Sequence[str]) -> bytes:
    """A copy of a LiteRT model whose outputs are those of some of its layers, in the order of `layers`.

    The output of a layer is after the ReLU6 that follows it, if one does. The layers `emotions` and `valence_arousal`
    give their values before softmax and tanh.

    Args:
        model: the content of a float32 `.tflite` file that was converted from Keras.
        layers: names as in `rbdm.network.constants.read_constants`.

    Raises:
        WeightsError: the model has no such layer.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    operators = layer_operators(schema.Model.GetRootAs(model, 0))
    found = {name: operator.Outputs(0) for name, _, operator in operators}
    if missing := [layer for layer in layers if layer not in found]:
        raise WeightsError(f"the LiteRT model has no layer {missing[0]!r}: its layers are {', '.join(found)}")
    copy = schema.ModelT.InitFromPackedBuf(model, 0)
    copy.subgraphs[0].outputs = [found[layer] for layer in layers]
    copy.signatureDefs = []  # they name the old outputs
    builder = flatbuffers.Builder(len(model))
    builder.Finish(copy.Pack(builder), b"TFL3")
    return bytes(builder.Output())
