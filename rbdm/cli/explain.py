"""The command `rbdm explain`: its arguments, and what it prints."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rbdm.batch.box_streams import find_stream
from rbdm.cli.options import Device, EveryFrame, FaceConfidence, NumExpressions, Out, Overwrite, WeightsOption
from rbdm.cli.progress_bars import error_console, print_warning
from rbdm.errors import InputError, OptionError
from rbdm.options import Options

if TYPE_CHECKING:  # loading it takes time
    from rbdm.explain.explanation import Explanation

_DEFAULT = Options()


def explain_command(
    video: Annotated[Path, typer.Argument(help="A video or an image.", metavar="VIDEO")],
    at: Annotated[float, typer.Option(help="The time in seconds.", metavar="SECONDS")] = 0.0,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--class",
            help="What to explain: an expression, valence or arousal. May be given several times; without it, the "
            "face's most probable expression.",
            metavar="NAME",
        ),
    ] = None,
    method: Annotated[str, typer.Option(help="relevance or activation.")] = "relevance",
    csv: Annotated[
        bool, typer.Option("--csv", help="Also write a table: the shares of brows and eyes, nose, mouth and rest.")
    ] = False,
    faces: Annotated[
        Path | None, typer.Option(help="Box stream (blazeface) of the video, or a folder of them; as for annotate.")
    ] = None,
    face: Annotated[
        str | None,
        typer.Option(help="Which person to follow: largest, leftmost, rightmost, or a number from the left."),
    ] = None,
    out: Out = None,
    overwrite: Overwrite = False,
    weights: WeightsOption = _DEFAULT.weights,
    num_expressions: NumExpressions = _DEFAULT.num_expressions,
    face_confidence: FaceConfidence = _DEFAULT.face_confidence,
    device: Device = _DEFAULT.device,
    every_frame: EveryFrame = _DEFAULT.every_frame,
) -> int:
    """Write pictures of what a face's expression, valence or arousal rests on, at one time of a video."""
    from rbdm.annotator import Annotator
    from rbdm.explain.explanation import check_choice

    if face is not None and faces is not None:
        raise OptionError("--face chooses among detected faces; it cannot be used with --faces")
    wanted: list[str | None] = list(dict.fromkeys(target or [])) or [None]
    methods = [check_choice(name, method, num_expressions) for name in wanted]
    options = Options(
        weights=weights,
        num_expressions=num_expressions,
        face_confidence=face_confidence,
        device=device,
        every_frame=every_frame,
    )
    console = error_console()
    warn = partial(print_warning, console)
    boxes, person = None if face else find_stream(video, faces), face or "largest"
    annotator = Annotator(options, console.print)
    with console.status(f"decoding to {at:g} s"):
        first = annotator.explain(video, boxes, at=at, target=wanted[0], method=methods[0], face=person, warn=warn)
    if first.points is None:
        warn(f"{video}: no key points of the face at {first.time:g} s: no shares of its parts")
    _write([first, *(first.of(name) for name in wanted[1:])], out or video.parent, csv, overwrite)
    return 0


def _write(explanations: "list[Explanation]", folder: Path, csv: bool, overwrite: bool) -> None:
    from rbdm.export.explanation.picture import write_picture
    from rbdm.export.explanation.table import write_table
    from rbdm.files.atomic import check_writable

    video, time = explanations[0].video, explanations[0].time
    stem = f"{video.stem}.explanation-{time:.3f}s"
    pictures = [folder / f"{stem}.{one.target}.png" for one in explanations]
    table = folder / f"{stem}.csv"
    for path in [*pictures, *([table] if csv else [])]:
        check_writable(path)
        if path.exists() and not overwrite:
            raise InputError(f"{path}: exists already: --overwrite replaces it, --out writes elsewhere")
    for one, path in zip(explanations, pictures, strict=True):
        write_picture(one, path)
        print(f"{video}: {one.target} {one.value:.2f} at {time:.3f} s -> {path}", flush=True)
    if csv:
        write_table(explanations, table)
        print(f"{video}: shares of the parts of the face -> {table}", flush=True)
