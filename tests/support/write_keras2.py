"""Writes the network with Keras 2 into a folder, in every format of Keras 2, and what is in it, for the tests.

Run as a program: `python write_keras2.py FOLDER`. The formats are `flat.h5` (weights only), `nested.h5` (weights
only, the backbone a model in the model), `whole.h5` and `whole nested.h5` (`model.save`), `frozen.h5` (nested and
untrainable), and `another.h5`, a network that is not ours. `expected.npz` holds tensors, images and outputs.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import tf_keras as keras


def network(nested: bool) -> Any:
    """The official module's way to write it: arithmetic on a Keras tensor becomes layers that Keras 3 has not."""
    image = keras.Input((224, 224, 3))
    scaled = image / 127.5 - 1.0
    if nested:
        features = keras.applications.MobileNetV2((224, 224, 3), include_top=False, weights=None)(scaled)
    else:
        features = keras.applications.MobileNetV2(input_tensor=scaled, include_top=False, weights=None).output
    features = keras.layers.GlobalAveragePooling2D()(features)
    affect = keras.layers.Dense(2, activation="tanh", name="valence_arousal")(features)
    return keras.Model(image, [affect, keras.layers.Dense(8, activation="softmax", name="emotions")(features)])


def layers_of(model: Any) -> dict[str, Any]:
    """Every layer that has weights by its name, those of nested models too."""
    found: dict[str, Any] = {}
    for layer in model.layers:
        found |= layers_of(layer) if hasattr(layer, "layers") else {layer.name: layer} if layer.weights else {}
    return found


def randomise(model: Any) -> dict[str, list[np.ndarray]]:
    """Weights of which no two are alike, so that none can be taken for another, and that let a picture through."""
    random = np.random.default_rng(1)
    for name, layer in layers_of(model).items():
        layer.set_weights([tensor(name, variable, random) for variable in layer.weights])
    return {name: layer.get_weights() for name, layer in layers_of(model).items()}


def tensor(layer: str, variable: Any, random: np.random.Generator) -> np.ndarray:
    """Random numbers for a variable: kernels keep the variance of what they are given (He et al. 2015)."""
    shape = tuple(variable.shape)
    if len(shape) > 1:
        inputs = np.prod(shape[:2] if "depthwise" in layer else shape[:-1])
        return random.normal(0, np.sqrt(2 / inputs) * (0.3 if len(shape) == 2 else 1), shape)
    around = 1.0 if "gamma" in variable.name or "variance" in variable.name else 0.0
    return around + random.uniform(-0.4, 0.4, shape)


def main(folder: Path) -> None:
    """Write everything."""
    keras.utils.set_random_seed(1)
    flat, nested = network(nested=False), network(nested=True)
    tensors = randomise(flat)
    for name, layer in layers_of(nested).items():
        layer.set_weights(tensors[name])
    flat.compile("adam", ["mse", "mse"])
    flat.save_weights(folder / "flat.h5")
    flat.save(folder / "whole.h5")
    nested.save_weights(folder / "nested.h5")
    nested.save(folder / "whole nested.h5")
    nested.trainable = False
    nested.save_weights(folder / "frozen.h5")
    another = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, name="emotions"), keras.layers.Dense(2)])
    another.save_weights(folder / "another.h5")
    images = np.random.default_rng(2).integers(0, 256, (3, 224, 224, 3), np.uint8)
    images[1] //= 5
    images[2] = np.linspace(0, 255, 224)[:, None, None]
    affect, emotions = flat(images.astype(np.float32), training=False)
    numbered = {f"{name}/{i}": value for name, values in tensors.items() for i, value in enumerate(values)}
    np.savez(folder / "expected.npz", images=images, emotions=emotions, valence_arousal=affect, **numbered)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
