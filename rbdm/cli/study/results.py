"""What the commands that read many annotations share: their argument, and how they report what cannot be read."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rbdm.batch.runner import one_line
from rbdm.errors import RbdmError
from rbdm.progress import counted

Results = Annotated[
    list[Path],
    typer.Argument(
        help="Annotation files of rbdm or NOVA, patterns such as '*.annotation', or folders with their subfolders.",
        metavar="RESULTS…",
    ),
]


class Failures:
    """Prints each error as one line, and counts them.

    Args:
        console: for the lines.
    """

    def __init__(self, console: Console) -> None:
        self._console, self._count = console, 0

    def add(self, error: RbdmError) -> None:
        """Print an error."""
        self._count += 1
        self._console.print(one_line(error))

    def exit_code(self, out: Path) -> int:
        """Print how many errors there were, if any. Returns 1 if there were some, else 0.

        Args:
            out: the file in which their results are missing.
        """
        if self._count:
            self._console.print(f"{counted(self._count, 'error')}: what they name is not in {out}")
        return 1 if self._count else 0
