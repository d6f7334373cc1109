"""From a `Prediction` to annotations: segments of expressions, and samples of valence and arousal."""

from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.sampling import end_of, sample
from rbdm.schemes import Warn, check_range, expression_scheme, match_classes, to_range, value_scheme
from rbdm.smoothing import smooth
from rbdm.ssi import CONTINUOUS_DTYPE, DISCRETE_DTYPE, Annotation, ContinuousScheme, DiscreteScheme, Rows
from rbdm.stride import HELD_TRUST

Value = Literal["valence", "arousal"]

ANNOTATOR = "rbdm"

_MATTER = ("num_expressions", "face_confidence", "merge_segments", "smoothing_ms", "stride")


def expression_probabilities(
    prediction: Prediction, options: Options, columns: list[int] | None = None
) -> npt.NDArray[np.float64]:
    """Probabilities of the classes in `columns` (default: the options' 8 or 5), adding up to 1, smoothed.

    Returns:
        (T, len(columns)) float64, NaN rows where no face; all alike where a frame gives each of them 0.
    """
    columns = list(range(options.num_expressions)) if columns is None else columns
    chosen = _normalised(prediction.probabilities[:, columns].astype(np.float64))
    smoothed = smooth(chosen, prediction.time, prediction.has_face, options.smoothing_ms)
    return _normalised(smoothed) if options.smoothing_ms else smoothed


def expression_segments(
    prediction: Prediction, options: Options, scheme: DiscreteScheme | None = None, warn: Warn | None = None
) -> Rows:
    """Segments of the likeliest class, in order of time, without overlaps.

    A frame lasts from its time to the next frame's, the last one to the end of the video. Frames without a
    face are in no segment. With `merge_segments`, frames of one class that follow each other are one segment.

    Args:
        prediction: what the network says.
        options: `num_expressions`, `smoothing_ms` and `merge_segments` count here.
        scheme: a scheme of somebody else's, whose classes are found by name; default `expression_scheme`.
        warn: see `match_classes`.

    Returns:
        `DISCRETE_DTYPE`: from and to in seconds, id in the scheme, and the mean probability of the class, halved
        in frames that are filled in (`stride`).

    Raises:
        SchemeError: the scheme has none of our classes.
    """
    ids = match_classes(scheme or expression_scheme(options.num_expressions), options.num_expressions, warn)
    if not prediction.has_face.any():
        return np.empty(0, DISCRETE_DTYPE)
    probabilities = expression_probabilities(prediction, options, list(ids))
    face = np.flatnonzero(prediction.has_face)
    winner = probabilities[face].argmax(axis=1)
    certainty = probabilities[face, winner] * np.where(prediction.inferred[face], 1.0, HELD_TRUST)
    new = np.ones(len(face), bool)
    if options.merge_segments:
        new[1:] = (np.diff(winner) != 0) | (np.diff(face) > 1)
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(face)) - 1
    segments = np.empty(len(first), DISCRETE_DTYPE)
    segments["from"] = prediction.time[face[first]]
    segments["to"] = np.append(prediction.time, end_of(prediction))[face[last] + 1]
    segments["id"] = np.array(list(ids.values()))[winner[first]]
    segments["conf"] = np.add.reduceat(certainty, first) / (last - first + 1)
    return segments


def value_samples(
    prediction: Prediction,
    value: Value,
    options: Options,
    scheme: ContinuousScheme | None = None,
    warn: Warn | None = None,
) -> Rows:
    """Samples of valence or arousal at the scheme's rate and on its range; see `rbdm.sampling.sample`.

    Args:
        prediction: what the network says.
        value: `valence` or `arousal`.
        options: `smoothing_ms` counts here.
        scheme: a scheme of somebody else's; default -1…1 at the video's rate.
        warn: told of a range that is not -1…1.

    Returns:
        `CONTINUOUS_DTYPE`: the score, and how sure the face detector was of the face. Where no face, the
        score is what 0 is on the scheme's range, with confidence 0.

    Raises:
        SchemeError: the scheme's sample rate or range is impossible.
    """
    scheme = scheme or value_scheme(value, prediction.sample_rate)
    check_range(scheme, warn)
    values: npt.NDArray[np.float32] = getattr(prediction, value)
    smoothed = smooth(values, prediction.time, prediction.has_face, options.smoothing_ms)
    score, confidence = sample(prediction, smoothed, scheme.sample_rate)
    samples = np.empty(len(score), CONTINUOUS_DTYPE)
    samples["score"] = to_range(np.clip(np.nan_to_num(score), -1, 1), scheme)
    samples["conf"] = np.clip(confidence, 0, 1)
    return samples


def expression_annotation(
    prediction: Prediction, options: Options, scheme: DiscreteScheme | None = None, warn: Warn | None = None
) -> Annotation:
    """The annotation `expression`, or one of the given scheme; arguments as of `expression_segments`."""
    rows = expression_segments(prediction, options, scheme, warn)
    return _annotation(prediction, options, scheme or expression_scheme(options.num_expressions), rows)


def value_annotation(
    prediction: Prediction,
    value: Value,
    options: Options,
    scheme: ContinuousScheme | None = None,
    warn: Warn | None = None,
) -> Annotation:
    """The annotation `valence` or `arousal`, or one of the given scheme; arguments as of `value_samples`."""
    rows = value_samples(prediction, value, options, scheme, warn)
    return _annotation(prediction, options, scheme or value_scheme(value, prediction.sample_rate), rows)


def provenance(prediction: Prediction) -> dict[str, str]:
    """What an annotation's meta says about where it came from.

    Returns:
        weights, weights_sha256 and rbdm_version; options, those that change the result, as `name=value;…`; video, the
        file's name; and where they are known, video_bytes, its size, and boxes, see `Prediction.boxes_from`.
    """
    video = {"video_bytes": str(prediction.video_bytes or ""), "boxes": prediction.boxes_from}
    return {
        "weights": prediction.weights,
        "weights_sha256": prediction.weights_sha256,
        "rbdm_version": prediction.version,
        "options": options_text(prediction.options),
        "video": printable(prediction.video.name),
        **{name: value for name, value in video.items() if value},
    }


def printable(name: str) -> str:
    """A file's name as text: Linux allows any bytes in it."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def options_text(options: Options) -> str:
    """The options that change the result, weights aside, as `name=value;…`."""
    return ";".join(f"{name}={getattr(options, name)}" for name in _MATTER)


def _annotation(
    prediction: Prediction, options: Options, scheme: DiscreteScheme | ContinuousScheme, rows: Rows
) -> Annotation:
    return Annotation(scheme, rows, annotator=ANNOTATOR, meta=provenance(replace(prediction, options=options)))


def _normalised(probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    # Differences of running sums may end up a rounding error below 0.
    probabilities = np.maximum(probabilities, 0)
    total = probabilities.sum(axis=1, keepdims=True)
    alike = np.full_like(probabilities, 1 / max(1, probabilities.shape[1]))
    return np.where(total == 0, alike, probabilities / np.where(total == 0, 1, total))
