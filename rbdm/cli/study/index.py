"""The command `rbdm index`: its arguments, and what it prints."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from rbdm.cli.progress_bars import error_console, print_warning
from rbdm.cli.study.results import Failures, Results
from rbdm.errors import RbdmError
from rbdm.progress import counted


def index_command(
    results: Results,
    out: Annotated[Path, typer.Option(help="The page to write (HTML).", metavar="FILE")],
) -> int:
    """Write a page with all videos and people of a study: timelines, numbers, links to the reports and tables."""
    from rbdm.files.atomic import check_writable
    from rbdm.study import index_study, write_index
    from rbdm.study.index import require_index

    require_index()
    check_writable(out)
    console = error_console()
    failures = Failures(console)
    index = index_study(results, warn=partial(print_warning, console), failed=failures.add)
    if not index.entries:
        raise RbdmError(f"{out}: is not written, because no annotation could be read")
    write_index(index, out)
    videos, rows = len({entry.result.video for entry in index.entries}), len(index.entries)
    print(f"{counted(videos, 'video')}, {counted(rows, 'row')} -> {out}", flush=True)
    return failures.exit_code(out)
