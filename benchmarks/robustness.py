"""Measures how much the results of the network change when a picture changes, but not the expression in it.

    python benchmarks/robustness.py PORTRAIT.jpg… VIDEO.mp4… --weights open --json robustness.json

The boxes of a picture are read from a CSV file (`name, face, ymin, xmin, ymax, xmax`), those of a video from the stream
beside it. The result for a face is clear if its highest probability is above 0.7. The scores are those of the CPU
engine.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import numpy.typing as npt
import typer
from rich.console import Console
from rich.table import Table

from rbdm.annotator import Annotator
from rbdm.errors import InputError, RbdmError
from rbdm.expressions import EXPRESSIONS
from rbdm.faces.alignment import BoxAlignment
from rbdm.faces.boxes import read_boxes
from rbdm.media.frame_count import count_frames
from rbdm.media.video import Video
from rbdm.options import Options
from rbdm.training.evaluation.evaluate import write_json

Image = npt.NDArray[np.uint8]
Box = npt.NDArray[np.float32]  # ymin, xmin, ymax, xmax as fractions of height and width
Change = Callable[[Image, Box], tuple[Image, Box]]

CLEAR = 0.7
SHIFT = 0.05
JPEG_QUALITY = 40
CONFIDENT_BOX = 0.5
CORNERS = ("ymin", "xmin", "ymax", "xmax")
PICTURES = (".jpg", ".jpeg", ".png")
PORTRAITS = Path(__file__).with_name("portraits.csv")


def scaled(factor: float) -> Change:
    interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return lambda image, box: (_uint8(cv2.resize(image, None, fx=factor, fy=factor, interpolation=interpolation)), box)


def shifted(down: float, right: float) -> Change:
    def change(image: Image, box: Box) -> tuple[Image, Box]:
        height, width = box[2:] - box[:2]
        return image, box + np.array([down * height, right * width] * 2, np.float32)

    return change


def recompressed(image: Image, box: Box) -> tuple[Image, Box]:
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    content = cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))[1]
    return _uint8(cv2.imdecode(content, cv2.IMREAD_COLOR_RGB)), box


def mirrored(image: Image, box: Box) -> tuple[Image, Box]:
    ymin, xmin, ymax, xmax = box
    return image[:, ::-1].copy(), np.array([ymin, 1 - xmax, ymax, 1 - xmin], np.float32)


def grey(image: Image, box: Box) -> tuple[Image, Box]:
    return _uint8(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)), box


CHANGES: dict[str, Change] = {
    **{f"scaled by {factor}": scaled(factor) for factor in (0.5, 0.71, 1.41, 2.0)},
    "shifted up": shifted(-SHIFT, 0),
    "shifted down": shifted(SHIFT, 0),
    "shifted left": shifted(0, -SHIFT),
    "shifted right": shifted(0, SHIFT),
    f"JPEG quality {JPEG_QUALITY}": recompressed,
    "mirrored": mirrored,
    "grey": grey,
}


@dataclass(frozen=True, eq=False)
class Answers:
    """The results for one face: the first row is for the unchanged picture, then one row for each of `CHANGES`."""

    source: str
    probabilities: npt.NDArray[np.float32]
    valence: npt.NDArray[np.float32]

    @property
    def is_clear(self) -> bool:
        return bool(self.probabilities[0].max() > CLEAR)

    @property
    def classes(self) -> npt.NDArray[np.intp]:
        return np.asarray(self.probabilities.argmax(axis=1))


def faces_of(path: Path, boxes: Path, every: int) -> Iterator[tuple[str, Image, Box]]:
    """Yields name, picture and box: of each face of a picture, or of the face of every `every`-th frame of a video."""
    if path.suffix.lower() in PICTURES:
        yield from _faces_of_picture(path, boxes)
    else:
        yield from _faces_of_video(path, every)


def _faces_of_picture(path: Path, boxes: Path) -> Iterator[tuple[str, Image, Box]]:
    with boxes.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["name"] == path.name]
    if not rows:
        raise InputError(f"{path}: no box in {boxes}: add a row with its name")
    with Video(path) as picture:
        image = next(iter(picture)).rgb()
    for row in rows:
        yield f"{path.name} face {row['face']}", image, np.array([row[corner] for corner in CORNERS], np.float32)


def _faces_of_video(path: Path, every: int) -> Iterator[tuple[str, Image, Box]]:
    stream = read_boxes(path.with_suffix(".stream"), CONFIDENT_BOX)
    with Video(path) as video:
        pairing = BoxAlignment(stream, count_frames(path), video.sample_rate)
        for index, frame in enumerate(video):
            row = pairing.row(index, frame.time)
            if index % every == 0 and row is not None and stream.rows[row, 4] >= CONFIDENT_BOX:
                yield f"{path.name} frame {index}", frame.rgb(), stream.rows[row, :4]


def ask(annotator: Annotator, source: str, image: Image, box: Box) -> Answers:
    versions = [(image, box), *(change(image, box) for change in CHANGES.values())]
    images, boxes = zip(*versions, strict=True)
    scores = annotator.predict(images, np.array(boxes))
    return Answers(source, scores.probabilities, scores.valence)


def figures_of(answers: list[Answers]) -> dict[str, Any]:
    """For each change and for all: how many clear results have another class, and how much valence has changed."""
    valence = np.array([answer.valence for answer in answers])
    moved = np.abs(valence[:, 1:] - valence[:, :1])
    clear = np.array([answer.is_clear for answer in answers])
    classes = np.array([answer.classes for answer in answers])
    changed = (classes[:, 1:] != classes[:, :1]) & clear[:, None]
    by_change = {name: _figures(clear, changed[:, i], moved[:, i]) for i, name in enumerate(CHANGES)}
    return {"overall": _figures(np.repeat(clear, len(CHANGES)), changed.ravel(), moved.ravel()), **by_change}


def _figures(
    clear: npt.NDArray[np.bool_], changed: npt.NDArray[np.bool_], moved: npt.NDArray[np.float32]
) -> dict[str, Any]:
    return {
        "faces": len(moved),
        "clear": int(clear.sum()),
        "changed": int(changed.sum()),
        "share_changed": float(changed.sum() / max(clear.sum(), 1)),
        "median_valence_change": float(np.median(moved)),
        "p95_valence_change": float(np.quantile(moved, 0.95)),
    }


def changes_of(answers: list[Answers]) -> list[dict[str, Any]]:
    """Every clear result that has another class after a change."""
    return [
        {
            "face": answer.source,
            "change": name,
            "before": EXPRESSIONS[answer.classes[0]].name,
            "probability": float(answer.probabilities[0].max()),
            "after": EXPRESSIONS[answer.classes[i]].name,
        }
        for answer in answers
        for i, name in enumerate(CHANGES, start=1)
        if answer.is_clear and answer.classes[i] != answer.classes[0]
    ]


def show(figures: dict[str, Any], title: str) -> Table:
    table = Table("", "clear", "changed", "share", "median |Δvalence|", "95 %", title=title)
    for name, row in figures.items():
        moved = (f"{row[key]:.3f}" for key in ("median_valence_change", "p95_valence_change"))
        table.add_row(name, str(row["clear"]), str(row["changed"]), f"{row['share_changed']:.1%}", *moved)
    return table


def main(
    paths: Annotated[list[Path], typer.Argument(help="Pictures and videos.", metavar="IMAGE…")],
    boxes: Annotated[Path, typer.Option(help="CSV of the pictures' boxes.", exists=True)] = PORTRAITS,
    weights: Annotated[str, typer.Option(help="auto, open, official or the path of a weights file.")] = "open",
    every: Annotated[int, typer.Option(help="Take every so many frames of a video.", min=1)] = 10,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write every figure to this file.")] = None,
) -> None:
    """Measure how often scaling, shifting, recompression, mirroring and greying change what the network says."""
    console = Console()
    try:
        annotator = Annotator(Options(weights=weights, batch_size=len(CHANGES) + 1, device="cpu"))
        found = (face for path in paths for face in faces_of(path, boxes, every))
        answers = [ask(annotator, *face) for face in found]
        if not answers:
            raise InputError("there is no face in any of these videos")
        result: dict[str, Any] = {"weights": annotator.weights.entry.name, "figures": figures_of(answers)}
        result["changes"] = changes_of(answers)
        console.print(show(result["figures"], f"{result['weights']}: {len(answers)} faces"))
        for change in result["changes"]:
            console.print("{face}, {change}: {before} ({probability:.2f}) → {after}".format(**change))
        if json_file is not None:
            write_json(json_file, result)
    except RbdmError as error:
        Console(stderr=True).print(str(error))
        raise typer.Exit(1) from error


def _uint8(image: Any) -> Image:
    return np.asarray(image, np.uint8)


if __name__ == "__main__":
    typer.run(main)
