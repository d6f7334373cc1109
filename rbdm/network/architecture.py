"""The network of Schiller et al. (2020) in Keras 3: MobileNetV2 with two heads, for valence/arousal and expressions."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


VALENCE_AROUSAL = "valence_arousal"
EMOTIONS = "emotions"
FEATURES = "features"


def build_model(input_size: int = 224) -> "keras.Model":
    """Build the network with random weights, for the backend that Keras uses.

    Args:
        input_size: height and width of the input in pixels.

    Returns:
        A functional model with 2,270,794 parameters. Its input is RGB images (N, input_size, input_size, 3), 0…255 in
        any dtype. Its output is a dict: `valence_arousal` (N, 2) in [-1, 1] (tanh), and `emotions` (N, 8), where each
        row adds up to 1 (softmax).
    """
    import keras

    image = keras.Input((input_size, input_size, 3), name="image")
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="rescaling")(image)
    backbone = keras.applications.MobileNetV2(
        input_tensor=scaled, alpha=1.0, include_top=False, weights=None, pooling=None
    )
    features = keras.layers.GlobalAveragePooling2D(name=FEATURES)(backbone.output)
    heads = {
        VALENCE_AROUSAL: keras.layers.Dense(2, activation="tanh", dtype="float32", name=VALENCE_AROUSAL),
        EMOTIONS: keras.layers.Dense(8, activation="softmax", dtype="float32", name=EMOTIONS),
    }
    return keras.Model(image, {name: head(features) for name, head in heads.items()}, name="rbdm")
