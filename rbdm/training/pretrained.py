"""Initialises the backbone with trained weights: those of the MobileNetV2 in the npm package `nsfwjs` (MIT licence)."""

import base64
import re
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rbdm.errors import WeightsError
from rbdm.network.architecture import EMOTIONS, VALENCE_AROUSAL

if TYPE_CHECKING:
    import keras


_FOLDER = "package/dist/models/mobilenet_v2"
_TENSOR = re.compile(
    r'name:"(?P<name>[^"]+)",shape:\[(?P<shape>[\d,]*)\],dtype:"float32",'
    r'quantization:\{min:(?P<min>[-\d.e]+),scale:(?P<scale>[-\d.e]+),dtype:"uint8"\}'
)
_VARIABLES = {"kernel", "gamma", "beta", "moving_mean", "moving_variance"}


def read_nsfwjs(package: Path) -> dict[str, npt.NDArray[np.float32]]:
    """The tensors of the MobileNetV2 in `nsfwjs-*.tgz` (from `npm pack nsfwjs`).

    The package holds them as 8-bit numbers, with a minimum and a scale per tensor, in the order of a manifest.

    Returns:
        float32 tensors, by their name `layer/variable` in Keras 3.

    Raises:
        WeightsError: the file is not this package.
    """
    try:
        with tarfile.open(package) as archive:
            manifest, shard = (
                archive.extractfile(f"{_FOLDER}/{name}").read().decode()  # type: ignore[union-attr]
                for name in ("model.min.js", "group1-shard1of1.min.js")
            )
        encoded = shard.split('exports="')[1].split('"')[0]
        content = np.frombuffer(base64.b64decode(encoded, validate=True), np.uint8)
        tensors = _tensors(manifest, content)
    except (OSError, EOFError, tarfile.TarError, KeyError, AttributeError, IndexError, ValueError) as error:
        raise WeightsError(
            f"{package}: not the npm package nsfwjs ({error}); fetch it with `npm pack nsfwjs`"
        ) from error
    return {name: values for name, values in tensors.items() if name.rsplit("/", 1)[-1] in _VARIABLES}


def _tensors(manifest: str, content: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[np.float32]]:
    tensors, offset = {}, 0
    for match in _TENSOR.finditer(manifest[manifest.index("weightsManifest") :]):
        shape = tuple(int(n) for n in match["shape"].split(",") if n)
        count = int(np.prod(shape))
        values = content[offset : offset + count].reshape(shape)
        tensors[match["name"].replace("depthwise_kernel", "kernel")] = (
            values * float(match["scale"]) + float(match["min"])
        ).astype(np.float32)
        offset += count
    if not tensors:
        raise ValueError("its manifest names no tensors")
    return tensors


def start_from(model: "keras.Model", package: Path) -> int:
    """Copy the tensors of the package into the layers of `model` with the same names; returns the number of tensors.

    The two heads of the model are not changed.

    Raises:
        WeightsError: the package has no tensor for a layer of the backbone, or one with another shape.
    """
    tensors = read_nsfwjs(package)
    used = 0
    for layer in model.layers:
        names = [f"{layer.name}/{variable.name}" for variable in layer.weights]
        if not names or layer.name in (VALENCE_AROUSAL, EMOTIONS):
            continue
        try:
            layer.set_weights([tensors[name] for name in names])
        except (KeyError, ValueError) as error:
            raise WeightsError(f"{package}: no fitting tensor for layer {layer.name} ({error})") from error
        used += len(names)
    return used
