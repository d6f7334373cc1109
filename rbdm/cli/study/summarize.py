"""The command `rbdm summarize`: its arguments, and what it prints."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from rbdm.cli.progress_bars import error_console, print_warning
from rbdm.cli.study.results import Failures, Results
from rbdm.errors import OptionError, RbdmError
from rbdm.progress import counted

Windows = Annotated[
    Path | None,
    typer.Option(
        help="CSV file with the columns video, start, end (seconds), label, and if wanted person: one row of the table "
        "for each window; else one for each whole video.",
        metavar="FILE",
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        help="Leave out frames with this flag in the table of --csv beside the annotations: small, turned or unsure; "
        "may be repeated.",
        metavar="FLAG",
    ),
]


def summarize_command(
    results: Results,
    out: Annotated[Path, typer.Option(help="The table to write (CSV).", metavar="FILE")],
    windows: Windows = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            help="Label of the windows with each person's baseline: adds columns with the difference from it.",
            metavar="LABEL",
        ),
    ] = None,
    face_confidence: Annotated[
        float, typer.Option(help="Leave out time in which the confidence of the face (0 to 1) is lower than this.")
    ] = 0.0,
    exclude: Exclude = None,
    long: Annotated[bool, typer.Option("--long", help="One row for each number, instead of one column.")] = False,
) -> int:
    """Summarize annotations of a study: one row for each video, person and window."""
    from rbdm.files.atomic import check_writable
    from rbdm.study import summarize

    if windows is not None and windows.absolute() == out.absolute():
        raise OptionError(f"--out {out} would replace the table of the windows: name another file")
    check_writable(out)
    console = error_console()
    failures = Failures(console)
    summary = summarize(
        results,
        windows=windows,
        baseline=baseline,
        face_confidence=face_confidence,
        exclude=exclude or (),
        warn=partial(print_warning, console),
        failed=failures.add,
    )
    if not summary.rows:
        raise RbdmError(f"{out}: is not written, because no window or video could be summarized")
    summary.save(out, long)
    videos = len({row.video for row in summary.rows})
    print(f"{counted(videos, 'video')}, {counted(len(summary.rows), 'window')} -> {out}", flush=True)
    return failures.exit_code(out)
