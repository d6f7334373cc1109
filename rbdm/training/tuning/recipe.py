"""The settings of tuning layers with Keras."""

from dataclasses import dataclass

from rbdm.errors import OptionError

LEARNING_RATES = {"last-block": 1e-4, "all": 3e-5}
"""The usual learning rate of each kind."""


@dataclass(frozen=True)
class LayersRecipe:
    """How layers are tuned.

    Attributes:
        epochs: the most passes over the faces.
        batch_size: faces per step.
        learning_rate: of Adam at the start; it falls to 0 along a cosine.
        seed: of everything random.
    """

    learning_rate: float
    epochs: int = 10
    batch_size: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise `OptionError` if a value is out of its range."""
        if self.epochs < 1 or self.batch_size < 1 or self.seed < 0 or not self.learning_rate > 0:
            raise OptionError("epochs and batch_size must be 1 or more, seed 0 or more, learning_rate greater than 0")
