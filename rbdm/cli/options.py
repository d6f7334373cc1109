"""Command-line options that several commands share, with their help texts."""

from pathlib import Path
from typing import Annotated, Any

import typer

from rbdm.batch.run_log import summary_of

UsageError: Any = typer.BadParameter.__base__
"""The class of all errors in arguments: click's, or that of a typer that contains its own click."""

WeightsOption = Annotated[
    str,
    typer.Option(
        help="auto, open, open-int8, official, or the path of a weights file or of a folder of `rbdm train --tune`."
    ),
]
NumExpressions = Annotated[int, typer.Option(help="Number of classes: 8, or 5 for the first five.")]
BatchSize = Annotated[int, typer.Option(help="Faces per run of the network, 1 to 4096.")]
FaceConfidence = Annotated[float, typer.Option(help="Below this confidence (0 to 1) a frame has no face.")]
MergeSegments = Annotated[bool, typer.Option(help="Join neighbouring frames of one expression into a segment.")]
SmoothingMs = Annotated[
    float, typer.Option(help="Smooth over a time window of this many milliseconds; 0 for no smoothing.")
]
Device = Annotated[str, typer.Option(help="auto, cpu or gpu.")]
Stride = Annotated[int, typer.Option(help="Run the network on every N-th frame and fill in the others.")]

EveryFrame = Annotated[
    bool,
    typer.Option(
        "--every-frame",
        help="Run the face detector on every frame, instead of interpolating boxes where that is safe; slower.",
    ),
]

OverwriteFinished = Annotated[
    bool, typer.Option(help="Replace annotations that are marked as finished in NOVA; only for --db.")
]

Videos = Annotated[
    list[Path], typer.Argument(help="Videos, images, patterns such as '*.mp4', folders.", metavar="VIDEO…")
]
Names = Annotated[
    list[str] | None,
    typer.Option(
        help="With --face all: name a person, e.g. left=guest, right=host or 2=host. Once for each person.",
        metavar="PERSON=NAME",
    ),
]
Out = Annotated[Path | None, typer.Option(help="Folder for the results; else the folder of the video.")]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Also look for videos in the folders' subfolders.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace existing results; without it they are kept.")]
PartOption = Annotated[
    str | None, typer.Option("--part", help="Only part I of N equal parts of the videos, such as 2/10.", metavar="I/N")
]
Cluster = Annotated[
    str | None,
    typer.Option(
        help="Use several processes: local (on this machine), slurm (as jobs), or the address of a Dask scheduler.",
        metavar="local|slurm|tcp://HOST:PORT",
    ),
]
Workers = Annotated[int | None, typer.Option(help="The most worker processes or jobs of --cluster at a time.")]
Sbatch = Annotated[
    str, typer.Option(help="Options for each job of --cluster slurm: '--partition=short --time=8:00:00'.")
]
RunLog = Annotated[
    Path | None,
    typer.Option(help="Add a line of JSON for each video to this file. Several runs can share it.", metavar="FILE"),
]
Explain = Annotated[
    bool,
    typer.Option("--explain", help="Also write a report whose pictures can show what their labels rest on; slower."),
]
Overlay = Annotated[
    bool, typer.Option("--overlay", help="Also write a copy of the video with the results drawn into it.")
]


def _print_summary(path: Path | None) -> None:
    if path is not None:
        for line in summary_of(path):
            print(line)
        raise typer.Exit


Summary = Annotated[
    Path | None,
    typer.Option(
        help="Print what a file of --run-log says, and end.", metavar="FILE", is_eager=True, callback=_print_summary
    ),
]
Insecure = Annotated[bool, typer.Option("--insecure", help="Do not check the server's https certificate.")]
Ca = Annotated[
    Path | None,
    typer.Option(
        help="PEM file with the server's https certificate, or that of the authority which has signed it.",
        metavar="FILE",
    ),
]
Face = Annotated[
    str, typer.Option(help="Which person to follow: largest, leftmost, rightmost, or a number from the left.")
]
