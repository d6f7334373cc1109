"""Reads the tensors of a Keras weights file, whichever Keras wrote it, and puts them into our network."""

import io
import zipfile
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
    """Tensors of every layer, in the layer's own order, by the layer's name.

    The format is told by content: Keras 2 weights or whole model (`.h5`), Keras 3 `.weights.h5` or `.keras`.

    Raises:
        WeightsError: when the file is none of these.
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
            f"{path}: holds no named layers; load it into its model with a current Keras and save it again"
        )
    return tensors


def assign(model: "keras.Model", tensors: Tensors, path: Path) -> None:
    """Set the weights of every layer of `model` from the tensors of the same name.

    Raises:
        WeightsError: naming the layers that have no tensors, or tensors of another shape, and `path`.
    """
    layers = [layer for layer in model.layers if layer.weights]
    unfit = [layer.name for layer in layers if not _fits(layer, tensors.get(layer.name, []))]
    if unfit:
        shown = ", ".join(unfit[:5]) + (f" and {len(unfit) - 5} more" if len(unfit) > 5 else "")
        raise WeightsError(
            f"{path}: weights of another network: {len(unfit)} of {len(layers)} layers do not fit: {shown}"
        )
    endless = [layer.name for layer in layers if not all(np.isfinite(tensor).all() for tensor in tensors[layer.name])]
    if endless:
        raise WeightsError(f"{path}: layer {endless[0]} has weights that are no numbers: training must have diverged")
    for layer in layers:
        layer.set_weights(tensors[layer.name])


def _fits(layer: Any, found: list[npt.NDArray[np.float32]]) -> bool:
    return [tuple(variable.shape) for variable in layer.weights] == [tensor.shape for tensor in found]


def _hdf5_of(file: IO[bytes]) -> IO[bytes]:
    if not zipfile.is_zipfile(file):
        file.seek(0)
        return file
    with zipfile.ZipFile(file) as archive:
        return io.BytesIO(archive.read("model.weights.h5"))


def _keras2(root: Any) -> Tensors:
    """Layers may be nested in a group of a whole backbone; a weight is called `scopes…/layer/variable:0`."""
    tensors: Tensors = {}
    for group in root.attrs[_KERAS2_LAYERS]:
        for name in root[group].attrs["weight_names"]:
            # h5py before version 3 wrote names that are read as bytes.
            layer = (name.decode() if isinstance(name, bytes) else name).split("/")[-2]
            tensors.setdefault(layer, []).append(np.asarray(root[group][name], np.float32))
    return tensors


def _keras3(root: Any) -> Tensors:
    """Every layer has a group `…/vars` with its name as an attribute; its variables are `0`, `1` and so on."""
    tensors: Tensors = {}

    def visit(place: str, group: Any) -> None:
        name = group.attrs.get("name")
        if place.endswith(_KERAS3_VARIABLES) and name and not place.startswith("optimizer"):
            tensors[name] = [np.asarray(group[key], np.float32) for key in sorted(group, key=int)]

    root.visititems(visit)
    return tensors
