"""Reads the tensors of a weights file of Keras 2 or Keras 3, without Keras; checks them, and copies them into Keras."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rbdm.errors import WeightsError

if TYPE_CHECKING:
    import keras


Tensors = dict[str, list[npt.NDArray[np.float32]]]

_KERAS2_LAYERS = "layer_names"
_KERAS2_MODEL = "model_weights"
_KERAS3_VARIABLES = "vars"


def read_tensors(path: Path) -> Tensors:
    """The tensors of every layer, in the layer's own order, by the layer's name.

    The format is recognised by the content, not by the file name: weights or a whole model of Keras 2 (`.h5`), or
    `.weights.h5` or `.keras` of Keras 3.

    Raises:
        WeightsError: the file does not exist, has none of these formats, or has no named layers.
    """
    import h5py

    try:
        with path.open("rb") as file, h5py.File(_hdf5_of(file), "r") as content:
            root = content.get(_KERAS2_MODEL, content)
            tensors = _keras2(root) if _KERAS2_LAYERS in root.attrs else _keras3(content)
    except FileNotFoundError as error:
        raise WeightsError(f"{path}: no such weights file") from error
    except (OSError, KeyError, IndexError, ValueError, zipfile.BadZipFile) as error:
        raise WeightsError(f"{path}: cannot be read as a Keras weights file ({error})") from error
    if not tensors:
        raise WeightsError(
            f"{path}: contains no named layers; load it into its model with a current Keras and save it again"
        )
    return tensors


def check_fit(shapes: Mapping[str, Sequence[tuple[int, ...]]], tensors: Tensors, path: Path) -> None:
    """Check that tensors are those of the network.

    Args:
        shapes: the shapes of the network's tensors, by the layer's name.
        tensors: from `read_tensors`. Other layers than those of `shapes` do not count.
        path: the file that the tensors come from; error messages name it.

    Raises:
        WeightsError: a layer has no tensors, or tensors of another shape, or values that are not finite. The message
            names such layers, and `path`.
    """
    misfits = [name for name, wanted in shapes.items() if [t.shape for t in tensors.get(name, [])] != list(wanted)]
    if misfits:
        shown = ", ".join(misfits[:5]) + (f" and {len(misfits) - 5} more" if len(misfits) > 5 else "")
        raise WeightsError(
            f"{path}: weights of another network: {len(misfits)} of {len(shapes)} layers do not fit: {shown}"
        )
    diverged = [name for name in shapes if not all(np.isfinite(tensor).all() for tensor in tensors[name])]
    if diverged:
        raise WeightsError(f"{path}: layer {diverged[0]} has weights that are not finite: did the training diverge?")


def assign(model: "keras.Model", tensors: Tensors, path: Path) -> None:
    """Set the weights of every layer of a Keras model to the tensors of the layer with the same name.

    Args:
        model: the network.
        tensors: from `read_tensors`.
        path: the file that the tensors come from; error messages name it.

    Raises:
        WeightsError: see `check_fit`. The model is not changed then.
    """
    layers = [layer for layer in model.layers if layer.weights]
    check_fit({layer.name: [tuple(v.shape) for v in layer.weights] for layer in layers}, tensors, path)
    for layer in layers:
        layer.set_weights(tensors[layer.name])


def _hdf5_of(file: IO[bytes]) -> IO[bytes]:
    """The HDF5 content: the file itself, or the weights inside a `.keras` file, which is a ZIP archive."""
    if not zipfile.is_zipfile(file):
        file.seek(0)
        return file
    with zipfile.ZipFile(file) as archive:
        return io.BytesIO(archive.read("model.weights.h5"))


def _keras2(root: Any) -> Tensors:
    """The tensors of a Keras 2 file.

    A weight is called `scopes…/layer/variable:0`. The layer's name is taken from there, since a group may be a whole
    backbone.
    """
    tensors: Tensors = {}
    for group in root.attrs[_KERAS2_LAYERS]:
        for name in root[group].attrs["weight_names"]:
            # Names that were written by h5py before version 3 are read as bytes.
            layer = (name.decode() if isinstance(name, bytes) else name).split("/")[-2]
            tensors.setdefault(layer, []).append(np.asarray(root[group][name], np.float32))
    return tensors


def _keras3(root: Any) -> Tensors:
    """The tensors of a Keras 3 file.

    Every layer has a group `…/vars`, with the layer's name as an attribute and tensors called `0`, `1` and so on.
    """
    tensors: Tensors = {}

    def visit(group_path: str, group: Any) -> None:
        name = group.attrs.get("name")
        if group_path.endswith(_KERAS3_VARIABLES) and name and not group_path.startswith("optimizer"):
            tensors[name] = [np.asarray(group[key], np.float32) for key in sorted(group, key=int)]

    root.visititems(visit)
    return tensors
