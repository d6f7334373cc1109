"""Measures how good weights are on labelled faces, with the same engine that annotates videos."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from rbdm.errors import InputError
from rbdm.files.atomic import atomic_write
from rbdm.network.engine import FaceScores, load_engine
from rbdm.network.weights import Weights, find_weights
from rbdm.options import Options
from rbdm.progress import Progress
from rbdm.training.data.tables import SPLITS
from rbdm.training.dataset import load_faces
from rbdm.training.evaluation.groups import groups_of
from rbdm.training.evaluation.metrics import affect_metrics, expression_metrics
from rbdm.training.labelled_faces import LabelledFaces
from rbdm.types import VALUES


def evaluate(
    data: str | Path | Iterable[Mapping[str, Any]],
    weights: str = "auto",
    split: str = "test",
    batch_size: int = 32,
    device: str = "auto",
    group: str = "",
    find_faces: bool = False,
    progress: Callable[[Progress], None] = lambda progress: None,
    say: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Compute all metrics of `rbdm.training.evaluation.metrics` for weights on one split of a data set.

    Args:
        data: see `rbdm.training.dataset.load_faces`. A face with a box is cropped as in a video. An image without a box
            is used as the crop.
        weights: see `rbdm.network.weights.find_weights`.
        split: `test`, `valid` or `train`.
        batch_size: faces per run of the network.
        device: `auto`, `cpu` or `gpu`.
        group: a column of the table, such as `gender`: all metrics are also computed for each of its groups, see
            `rbdm.training.evaluation.groups.groups_of`. Empty for no groups.
        find_faces: see `rbdm.training.dataset.load_faces`.
        progress: called after each batch.
        say: called with one line of text about the weights that `auto` chose, if the data has no splits, or if no face
            was found in some images.

    Returns:
        `weights`, `weights_sha256`, `split` (`all` if the data has no splits), `affect_is_derived` (whether the labels
        of valence and arousal are derived from those of the expressions), and the metrics `expression`, `valence` and
        `arousal`, each only if the data have labels for it. `left_out` counts images without a face. With a group:
        `group`, and in `groups` the metrics of each group, by its text.

    Raises:
        InputError: the data cannot be used.
        OptionError: the batch size or the device is out of range.
        WeightsError: the weights cannot be found, downloaded or read.
    """
    if split not in SPLITS:
        raise InputError(f"split is {split!r}: it must be one of {', '.join(SPLITS)}")
    options = Options(weights=weights, batch_size=batch_size, device=device)
    faces = load_faces(data, split, find_faces)
    groups = groups_of(faces, group) if group else {}
    _say_what_is_missing(faces, say)
    resolved = find_weights(options.weights, say)
    scores = _scores(faces, resolved, options, progress)
    figures: dict[str, Any] = {
        "weights": resolved.entry.name,
        "weights_sha256": resolved.sha256,
        "split": split if faces.divided else "all",
        "affect_is_derived": faces.derived,
        "left_out": faces.left_out,
        **_figures(faces, scores),
    }
    if group:
        parts = {name: (faces.take(i), FaceScores(*(values[i] for values in scores))) for name, i in groups.items()}
        figures |= {"group": group, "groups": {name: _figures(*part) for name, part in parts.items()}}
    return figures


def _say_what_is_missing(faces: LabelledFaces, say: Callable[[str], None]) -> None:
    if not faces.divided:
        say("the data has no splits: all its faces are used")
    if faces.left_out:
        say(f"no face was found in {faces.left_out} of {faces.left_out + len(faces)} images: they are left out")


def _figures(faces: LabelledFaces, scores: FaceScores) -> dict[str, Any]:
    """The metrics for which the faces have labels."""
    figures: dict[str, Any] = {}
    known = ~np.isnan(faces.probabilities[:, 0])
    if known.any():
        figures["expression"] = expression_metrics(scores.probabilities[known], faces.probabilities[known])
    for column, name in enumerate(VALUES):
        labels = faces.valence_arousal[:, column]
        rated = ~np.isnan(labels)
        if rated.any():
            figures[name] = affect_metrics(getattr(scores, name)[rated], labels[rated])
    return figures


def _scores(
    faces: LabelledFaces, weights: Weights, options: Options, progress: Callable[[Progress], None]
) -> FaceScores:
    engine = load_engine(weights, options.device, options.batch_size)
    entry, started = weights.entry, time.monotonic()
    crop = partial(faces.network_input, size=entry.input_size, crop_scale=entry.crop_scale, grey=entry.color == "grey")
    parts = []
    for first in range(0, len(faces), engine.batch_size):
        last = min(first + engine.batch_size, len(faces))
        parts.append(engine.predict(np.stack([crop(i) for i in range(first, last)])))
        progress(Progress(last, len(faces), time.monotonic() - started))
    return FaceScores(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def write_json(path: Path, figures: Mapping[str, Any]) -> None:
    """Write the result of `evaluate` as JSON, completely or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
