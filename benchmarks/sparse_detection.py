"""Measures what it changes that the face detector does not run on every frame, and on how many frames it runs.

    python -m benchmarks.sparse_detection [FOLDER]... [--weights open] [--json FILE]

Uses the clips of `benchmarks/moving_faces.py`, and all videos in the folders. Each clip is annotated twice: with boxes
interpolated between detections, and with the detector on every frame.
"""

import argparse
import json
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.moving_faces import make_clips
from rbdm.annotator import Annotator, load_detector
from rbdm.faces.detected_frames import DetectedFrames
from rbdm.faces.detector import Detector
from rbdm.media.video import Video
from rbdm.options import Options
from rbdm.prediction import Prediction

CLEAR = 0.7
SURE = 0.7
BOUNDS = {"sure presence": 0.998, "clear changes": 0, "same class": 0.993, "valence median": 0.005}
"""What must hold for each clip; see docs/speed.md."""
ENDINGS = (".mp4", ".mov", ".mkv", ".avi", ".webm")


class CountingDetector:
    """A detector that counts the frames on which it runs."""

    def __init__(self, detector: Detector) -> None:
        self._detector, self.runs = detector, 0
        self.threshold, self.batch_size = detector.threshold, detector.batch_size

    def submit(self, frames: list) -> object:
        """See `Detector.submit`."""
        self.runs += len(frames)
        return self._detector.submit(frames)


def share_of(path: Path, detector: Detector) -> float:
    """The fraction of the frames on which the detector runs."""
    counting = CountingDetector(detector)
    with Video(path) as video:
        count = sum(1 for _ in DetectedFrames(video, counting))
    return counting.runs / count


def compare(sparse: Prediction, full: Prediction) -> dict[str, float]:
    """How much two annotations of one clip differ; NaN where a clip has no such frame."""
    presence = sparse.has_face == full.has_face
    sure = np.maximum(sparse.face_confidence, full.face_confidence) >= SURE
    both = sparse.has_face & full.has_face
    same = sparse.probabilities[both].argmax(axis=1) == full.probabilities[both].argmax(axis=1)
    highest = np.maximum(sparse.probabilities, full.probabilities)[both].max(axis=1, initial=0)
    valence, arousal = (np.abs(getattr(sparse, name) - getattr(full, name))[both] for name in ("valence", "arousal"))
    return {
        "presence": float(presence.mean()),
        "sure presence": _mean(presence[sure]),
        "same class": _mean(same),
        "clear changes": int((~same & (highest > CLEAR)).sum()),
        "valence median": float(np.median(valence)) if len(valence) else np.nan,
        "valence 95 %": float(np.percentile(valence, 95)) if len(valence) else np.nan,
        "arousal median": float(np.median(arousal)) if len(arousal) else np.nan,
    }


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else np.nan


def is_kept(name: str, value: float) -> bool:
    """Whether a figure keeps its bound, if it has one. NaN does."""
    if name not in BOUNDS or np.isnan(value):
        return True
    return value >= BOUNDS[name] if name in ("sure presence", "same class") else value <= BOUNDS[name]


def clips_of(folders: list[Path], own: Path) -> Iterator[Path]:
    """The videos in the folders, then our own clips."""
    for folder in folders:
        yield from sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    yield from make_clips(own)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, help="folders of videos")
    parser.add_argument("--weights", default="open")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    options = Options(weights=arguments.weights)
    sparse, full = Annotator(options), Annotator(Options(weights=arguments.weights, every_frame=True))
    detector, results = load_detector(options), {}
    with tempfile.TemporaryDirectory() as own:
        for path in clips_of(arguments.folders, Path(own)):
            figures = compare(sparse.annotate(path), full.annotate(path))
            results[path.stem] = {"detections": share_of(path, detector), **figures}
    names = list(next(iter(results.values())))
    table = Table("clip", *names)
    for clip, figures in results.items():
        cells = [f"{figures[name]:.4f}".rstrip("0").rstrip(".") for name in names]
        marks = ["" if is_kept(name, figures[name]) else " !" for name in names]
        table.add_row(clip, *(cell + mark for cell, mark in zip(cells, marks, strict=True)))
    Console(width=140).print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if not all(is_kept(name, value) for figures in results.values() for name, value in figures.items()):
        raise SystemExit("a figure marked with ! is out of its bound")


if __name__ == "__main__":
    main()
