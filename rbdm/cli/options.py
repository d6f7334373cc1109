"""The options of an annotation as the command line has them: their help, shared by the commands that take them."""

from pathlib import Path
from typing import Annotated

import typer

WeightsOption = Annotated[str, typer.Option(help="auto, open, open-int8, official or the path of a weights file.")]
NumExpressions = Annotated[int, typer.Option(help="8, or 5 for the first five.")]
BatchSize = Annotated[int, typer.Option(help="Faces per run of the network, 1 to 4096.")]
FaceConfidence = Annotated[float, typer.Option(help="Below this confidence (0 to 1) a frame has no face.")]
MergeSegments = Annotated[bool, typer.Option(help="Join neighbouring frames of one expression into a segment.")]
SmoothingMs = Annotated[float, typer.Option(help="Average over a window of so many milliseconds; 0 for none.")]
Device = Annotated[str, typer.Option(help="auto, cpu or gpu.")]
Stride = Annotated[int, typer.Option(help="Infer every so many frames, fill in the others.")]

Videos = Annotated[
    list[Path], typer.Argument(help="Videos, images, patterns such as '*.mp4', folders.", metavar="VIDEO…")
]
Out = Annotated[Path | None, typer.Option(help="Folder for the results; else the video's own.")]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Look for videos in the folders' subfolders, too.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results that are there; else they stay.")]
Face = Annotated[str, typer.Option(help="Whom to follow: largest, leftmost, rightmost, or a number from the left.")]
