"""The options that NOVA (trainer file), command line and Python share: names, defaults and ranges."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any

from rbdm.errors import OptionError

SAVING_OPTIONS = ("overwrite_finished",)
"""The options that a job on a NOVA database needs only for saving."""

_LONGEST = 4096
"""Characters of an option: the longest path that systems allow."""
_LONGEST_NAME = 100
_TRUE = {"true", "1", "yes", "on"}
_FALSE = {"false", "0", "no", "off"}


@dataclass(frozen=True)
class Options:
    """How to annotate. Raises `OptionError` if a value is outside of its range.

    Attributes:
        weights: `auto`, `open`, `open-int8`, `official`, the name of added weights, or a path; see
            `rbdm.network.weights.find_weights`.
        num_expressions: 8, or 5 (Neutral, Happy, Sad, Surprise, Fear, with probabilities scaled to add up to 1).
        batch_size: faces per run of the network, 1…4096. On a GPU at least 128 are used, on a CPU at most 64.
        face_confidence: a frame whose box has a lower confidence than this (0…1) counts as having no face.
        merge_segments: whether consecutive frames of the same class become one segment.
        smoothing_ms: width in milliseconds (0…60000) of the time window, centred on each frame, over which
            probabilities, valence and arousal are averaged; 0 leaves them as they are.
        device: `cpu`, `gpu`, or `auto` (a GPU if the weights are Keras weights and Keras finds a GPU, else the CPU).
        stride: of this many consecutive frames (1…1000), one goes through the network. The values of the others are
            filled in, if they have a face, with half the confidence: expressions keep the last values, valence and
            arousal are interpolated linearly.
        every_frame: whether the face detector runs on every frame. Otherwise, boxes are interpolated between detections
            where that is safe; see `rbdm.faces.detected_frames.DetectedFrames`. No effect if there is a box stream.
        overwrite_finished: whether annotations of a NOVA database that are marked as finished are replaced. It has no
            effect on files, and never on locked annotations.
    """

    weights: str = "auto"
    num_expressions: int = 8
    batch_size: int = 16
    face_confidence: float = 0.5
    merge_segments: bool = True
    smoothing_ms: float = 0.0
    device: str = "auto"
    stride: int = 1
    every_frame: bool = False
    overwrite_finished: bool = False

    def __post_init__(self) -> None:
        """Convert values that are given as text, and check every range."""
        for option in fields(self):
            _check_length(option.name, getattr(self, option.name))
            object.__setattr__(self, option.name, _convert(option.name, getattr(self, option.name), option.default))
        _check(
            "weights", self.weights, bool(self.weights), "auto, open, open-int8, official or the path of a weights file"
        )
        _check("num_expressions", self.num_expressions, self.num_expressions in (8, 5), "8 or 5")
        _check("batch_size", self.batch_size, 1 <= self.batch_size <= 4096, "a whole number from 1 to 4096")
        _check("face_confidence", self.face_confidence, 0 <= self.face_confidence <= 1, "a number from 0 to 1")
        _check("smoothing_ms", self.smoothing_ms, 0 <= self.smoothing_ms <= 60_000, "a number from 0 to 60000")
        _check("stride", self.stride, 1 <= self.stride <= 1000, "a whole number from 1 to 1000")
        _check("device", self.device, self.device in ("auto", "cpu", "gpu"), "auto, cpu or gpu")

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> "Options":
        """Options from a mapping. All values may be strings, as in a request of NOVA.

        Raises:
            OptionError: a name is not an option, or a value does not fit its option.
        """
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise OptionError(f"unknown option {unknown[0][:_LONGEST_NAME]!r}: the options are {', '.join(known)}")
        return cls(**values)


def _check_length(name: str, value: object) -> None:
    """Refuse values that are no option and would fill a server's memory and log."""
    if isinstance(value, Collection) and not isinstance(value, str):
        raise OptionError(f"option {name} is a {type(value).__name__}: it must be a text or a number")
    if isinstance(value, str) and len(value) > _LONGEST:
        raise OptionError(f"option {name} has {len(value)} characters: at most {_LONGEST} are allowed")


def _check(name: str, value: object, fits: bool, wanted: str) -> None:
    if not fits:
        raise OptionError(f"option {name} is {value!r}: it must be {wanted}")


def _convert(name: str, value: Any, default: Any) -> Any:
    if isinstance(default, bool):
        return _boolean(name, value)
    if isinstance(default, str):
        return str(value).strip()
    number = _number(value)
    whole = isinstance(default, int)
    _check(
        name,
        value,
        math.isfinite(number) and (not whole or number.is_integer()),
        f"a {'whole ' * whole}number",
    )
    return int(number) if whole else number


def _number(value: Any) -> float:
    """The number that a value means; NaN if it is none. Python also takes True for 1, and 1_6 for 16."""
    text = str(value)
    if text in ("True", "False") or "_" in text or not text.isascii() or isinstance(value, bytes):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _boolean(name: str, value: Any) -> bool:
    text = str(value).strip().lower()
    _check(name, value, text in _TRUE | _FALSE, "true or false")
    return text in _TRUE


@dataclass(frozen=True)
class AgreementSettings:
    """How two annotations are compared.

    Attributes:
        step: seconds. Both are compared once in each step.
        max_lag: seconds. Valence and arousal are also compared with one of them shifted by up to this time.
        block: seconds. With fewer than five videos, intervals are made from blocks of this duration.
        samples: number of samples of the bootstrap.
        level: of the intervals, 0 to 1.
        seed: of the random numbers. The same seed gives the same intervals.

    Raises:
        OptionError: a value is out of range.
    """

    step: float = 0.1
    max_lag: float = 5.0
    block: float = 10.0
    samples: int = 2000
    level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        ranges = {"step": (0.001, 3600), "max_lag": (0, 600), "block": (0.001, 36000), "samples": (100, 1_000_000)}
        for name, (low, high) in {**ranges, "level": (0.5, 0.999), "seed": (0, 2**63 - 1)}.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise OptionError(f"{name} is {value:g}: it must be from {low:g} to {high:g}")
        if self.block < self.step:
            raise OptionError(f"block is {self.block:g} s: it must not be shorter than step, {self.step:g} s")
