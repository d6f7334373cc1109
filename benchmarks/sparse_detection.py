"""Measures what it changes that the face detector does not run on every frame, and on how many frames it runs.

    python -m benchmarks.sparse_detection [PATH]... [--random COUNT] [--weights open] [--json FILE]

Uses the clips of `benchmarks/moving_faces.py`, the given videos, and the videos in given folders. Each clip is
annotated twice: with boxes interpolated between detections, and with the detector on every frame. If a bound is not
kept, it ends with an error.

With `--random`, it uses the clips of `benchmarks/random_clips.py` instead. They are made from the given videos and
pictures, in turn. For these clips, it only counts how many keep each bound. Each is annotated a third time, with boxes
from a detector that runs on every frame and sees the picture moved by one pixel: this is the detector's own noise.
"""

import argparse
import json
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.moving_faces import make_clips
from benchmarks.random_clips import PICTURES, VIDEOS, make_random_clips
from rbdm.annotator import Annotator, load_detector
from rbdm.faces.detected_frames import DetectedFrames
from rbdm.faces.detector import Detector
from rbdm.faces.locator import detect
from rbdm.media.frame import Frame
from rbdm.media.video import Video
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.ssi import write_stream

CLEAR = 0.7
SURE = 0.7
BOUNDS = {"sure presence": 0.998, "clear changes": 0, "same class": 0.993, "valence median": 0.005}
"""What must hold for each clip; see docs/speed.md."""


class CountingDetector:
    """A detector that counts the frames on which it runs."""

    def __init__(self, detector: Detector) -> None:
        self._detector, self.runs = detector, 0
        self.threshold, self.batch_size = detector.threshold, detector.batch_size

    def submit(self, frames: list) -> object:
        """See `Detector.submit`."""
        self.runs += len(frames)
        return self._detector.submit(frames)


class MovedFrame:
    """A frame whose picture is moved to the right and downwards by one pixel."""

    def __init__(self, frame: Frame) -> None:
        self._frame, self.width, self.height = frame, frame.width, frame.height

    def scaled(self, longest: int) -> np.ndarray:
        """See `Frame.scaled`."""
        moved = np.pad(self._frame.rgb(), ((1, 0), (1, 0), (0, 0)), mode="edge")[:-1, :-1]
        factor = longest / max(self.width, self.height)
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(moved), "rgb24")
        size = round(self.width * factor), round(self.height * factor)
        return picture.reformat(*size, "rgb24", interpolation="BILINEAR").to_ndarray()


class DetectorOfMoved:
    """A detector that sees each frame moved by one pixel. Its boxes are moved back."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.threshold, self.batch_size = detector.threshold, detector.batch_size

    def submit(self, frames: list) -> object:
        """See `Detector.submit`."""
        result = self._detector.submit([MovedFrame(frame) for frame in frames])

        def moved_back() -> list[np.ndarray]:
            shifts = ([1 / frame.height, 1 / frame.width] * 2 for frame in frames)
            return [
                faces - np.pad(shift, (0, faces.shape[1] - 4)) for faces, shift in zip(result(), shifts, strict=True)
            ]

        return moved_back


def noise_of(path: Path, full: Annotator, detector: Detector) -> dict[str, float]:
    """How much the annotation of a clip changes if only the detector sees each frame moved by one pixel."""
    stream = path.with_suffix(".stream")
    write_stream(stream, detect(path, DetectorOfMoved(detector), every_frame=True))
    return compare(full.annotate(path, stream), full.annotate(path))


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
    interpolated = valence[valence > 0]  # equal boxes have equal scores
    return {
        "presence": float(presence.mean()),
        "sure presence": _mean(presence[sure]),
        "same class": _mean(same),
        "clear changes": int((~same & (highest > CLEAR)).sum()),
        "valence median": float(np.median(valence)) if len(valence) else np.nan,
        "valence median, interpolated": float(np.median(interpolated)) if len(interpolated) else np.nan,
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


def files_in(paths: list[Path], endings: tuple[str, ...]) -> list[Path]:
    """The given files, and those in the given folders, in alphabetical order, that have one of the endings."""
    files = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    return [file for file in files if file.suffix.lower() in endings]


def clips_of(paths: list[Path], random: int, own: Path) -> Iterator[Path]:
    """The given videos and our own clips; or random clips."""
    if random:
        yield from make_random_clips(files_in(paths, VIDEOS + PICTURES), random, own)
    else:
        yield from files_in(paths, VIDEOS)
        yield from make_clips(own)


def report(results: dict[str, dict[str, float]], noise: dict[str, dict[str, float]]) -> None:
    """Print a table of all clips, and for random clips how many keep each bound, and the noise of the detector."""
    names = list(next(iter(results.values())))
    table = Table("clip", *names, *(["noise: same class", "noise: valence median"] if noise else []))
    for clip, figures in results.items():
        cells = [f"{figures[name]:.4f}".rstrip("0").rstrip(".") for name in names]
        marks = ["" if is_kept(name, figures[name]) else " !" for name in names]
        own = [f"{noise[clip][name]:.4f}" for name in ("same class", "valence median")] if noise else []
        table.add_row(clip, *(cell + mark for cell, mark in zip(cells, marks, strict=True)), *own)
    console = Console(width=160)
    console.print(table)
    if not noise:
        return
    for name, bound in BOUNDS.items():
        kept, by_noise = (sum(is_kept(name, clip[name]) for clip in all_.values()) for all_ in (results, noise))
        console.print(f"{name} {bound}: {kept} of {len(results)} clips keep it; moved by one pixel: {by_noise}")
    name = "valence median, interpolated"
    larger = sum(results[clip][name] > noise[clip][name] for clip in results)
    console.print(f"{name}: larger than if the picture is moved by one pixel in {larger} clips")
    for name in ("detections", "valence median, interpolated", "valence 95 %"):
        values, of_noise = ([clip.get(name, 1) for clip in all_.values()] for all_ in (results, noise))
        console.print(
            f"{name}: mean {np.nanmean(values):.4f}, max {np.nanmax(values):.4f}; "
            f"moved by one pixel: {np.nanmean(of_noise):.4f}, {np.nanmax(of_noise):.4f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, help="videos, folders; with --random also pictures")
    parser.add_argument("--random", type=int, default=0, metavar="COUNT", help="use so many random clips instead")
    parser.add_argument("--weights", default="open")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    options = Options(weights=arguments.weights)
    sparse, full = Annotator(options), Annotator(Options(weights=arguments.weights, every_frame=True))
    detector, results, noise = load_detector(options), {}, {}
    with tempfile.TemporaryDirectory() as own:
        for path in clips_of(arguments.paths, arguments.random, Path(own)):
            figures = compare(sparse.annotate(path), full.annotate(path))
            results[path.stem] = {"detections": share_of(path, detector), **figures}
            if arguments.random:
                noise[path.stem] = noise_of(path, full, detector)
    report(results, noise)
    if arguments.json:
        text = json.dumps({"results": results, "noise": noise}, indent=1)
        arguments.json.write_text(text + "\n", encoding="utf-8")
    out_of_bound = not all(is_kept(name, value) for figures in results.values() for name, value in figures.items())
    if out_of_bound and not arguments.random:
        raise SystemExit("a figure marked with ! is out of its bound")


if __name__ == "__main__":
    main()
