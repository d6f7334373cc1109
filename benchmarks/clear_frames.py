"""Measures in how many frames of real videos the prediction is clear: its most probable class has more than 0.7.

    python benchmarks/clear_frames.py VIDEO.mp4… --weights open --json clear.json

The boxes are read from the stream beside each video; if there is none, the largest face is detected. Only frames with a
face count. Neighbouring frames of a video are alike: their number says little about how exact these shares are.
"""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer
from rich.console import Console

from rbdm.annotator import Annotator
from rbdm.errors import InputError, RbdmError
from rbdm.expressions import EXPRESSIONS
from rbdm.options import Options
from rbdm.training.evaluation.evaluate import write_json
from rbdm.training.evaluation.metrics import clear_share

Floats = npt.NDArray[np.floating]
ALL = "all"


def clear_figures(probabilities: Floats) -> dict[str, Any]:
    """How many frames are clear, in all and by their most probable class.

    Args:
        probabilities: (N, 8), one row for each frame with a face.

    Returns:
        `frames`, `clear` (share of the frames; None without frames) and `classes`: `frames` and `clear` for each class.
    """
    classes = probabilities.argmax(axis=1)
    parts = {expression.name: probabilities[classes == i] for i, expression in enumerate(EXPRESSIONS)}
    by_class = {name: {"frames": len(part), "clear": clear_share(part)} for name, part in parts.items()}
    return {"frames": len(probabilities), "clear": clear_share(probabilities), "classes": by_class}


def markdown(figures: dict[str, dict[str, Any]]) -> list[str]:
    """A table with a row per video: the share of clear frames among all and among those of each class."""
    names = ["frames with a face", "clear", *(expression.name for expression in EXPRESSIONS)]
    lines = ["| video | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for video, row in figures.items():
        cells = [str(row["frames"]), _share(row["clear"])]
        cells += [
            f"{_share(one['clear'])} of {one['frames']}" if one["frames"] else "–" for one in row["classes"].values()
        ]
        lines.append(f"| {video} | " + " | ".join(cells) + " |")
    return lines


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def main(
    videos: Annotated[list[Path], typer.Argument(help="Videos with one person.", metavar="VIDEO…")],
    weights: Annotated[str, typer.Option(help="auto, open, official or the path of a weights file.")] = "open",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write every figure to this file.")] = None,
) -> None:
    """Measure the share of clear frames in each video and in all."""
    console = Console(soft_wrap=True)
    try:
        annotator = Annotator(Options(weights=weights))
        parts = {}
        for video in videos:
            stream = video.with_suffix(".stream")
            prediction = annotator.annotate(video, stream if stream.is_file() else None, warn=console.print)
            parts[video.name] = prediction.probabilities[prediction.has_face & prediction.inferred]
        pooled = np.concatenate(list(parts.values()))
        if not len(pooled):
            raise InputError("there is no face in any of these videos")
        figures = {name: clear_figures(part) for name, part in {**parts, ALL: pooled}.items()}
        console.print(f"weights {annotator.weights.entry.name}")
        for line in markdown(figures):
            console.print(line)
        if json_file is not None:
            write_json(json_file, {"weights": annotator.weights.entry.name, "videos": figures})
    except RbdmError as error:
        Console(stderr=True).print(str(error))
        raise typer.Exit(1) from error


if __name__ == "__main__":
    typer.run(main)
