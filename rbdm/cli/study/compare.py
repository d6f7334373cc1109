"""The command `rbdm compare`: its arguments, and what it prints."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bars

from rbdm.cli.progress_bars import error_console, print_warning
from rbdm.errors import OptionError
from rbdm.options import AgreementSettings

_DEFAULT = AgreementSettings()

A = Annotated[
    str, typer.Argument(help="The reference, e.g. a human coder: a file, a folder; with --in, an annotator's name.")
]
B = Annotated[str, typer.Argument(help="What is compared with it, e.g. rbdm's results.")]
Dataset = Annotated[
    Path | None,
    typer.Option("--in", help="Folder with the annotations of both, such as a dataset of NOVA.", metavar="FOLDER"),
]
Json = Annotated[Path | None, typer.Option("--json", help="Write all figures to this file.", metavar="FILE")]
Html = Annotated[
    Path | None, typer.Option(help="Write a page with both timelines and the disagreements.", metavar="FILE")
]
Videos = Annotated[
    Path | None, typer.Option(help="Folder with the videos for --html, if they lie elsewhere.", metavar="FOLDER")
]
Step = Annotated[float, typer.Option(help="Compare once in this many seconds.")]
MaxLag = Annotated[
    float, typer.Option(help="Look for a lag of valence and arousal up to this many seconds; 0 for none.")
]
Block = Annotated[
    float, typer.Option(help="Seconds in a block; with fewer than five videos, intervals are made from blocks.")
]
Samples = Annotated[int, typer.Option(help="Samples of the bootstrap.")]
Level = Annotated[float, typer.Option(help="Level of the intervals, 0 to 1.")]
Seed = Annotated[int, typer.Option(help="Seed of the random numbers.")]


def compare_command(
    a: A,
    b: B,
    dataset: Dataset = None,
    json_file: Json = None,
    html: Html = None,
    videos: Videos = None,
    step: Step = _DEFAULT.step,
    max_lag: MaxLag = _DEFAULT.max_lag,
    block: Block = _DEFAULT.block,
    samples: Samples = _DEFAULT.samples,
    level: Level = _DEFAULT.level,
    seed: Seed = _DEFAULT.seed,
) -> None:
    """Compare two annotations of the same videos: how far do they agree?"""
    from rbdm.cli.study.agreement_tables import agreement_tables
    from rbdm.files.atomic import check_writable
    from rbdm.study import compare, write_figures, write_page
    from rbdm.study.agreement.page import require_page

    settings = AgreementSettings(step, max_lag, block, samples, level, seed)
    if html is not None:
        require_page()
    files = [file for file in (json_file, html) if file is not None]
    if len(files) == 2 and files[0].absolute() == files[1].absolute():
        raise OptionError(f"--json and --html are the same file: {html}")
    if videos is not None and not videos.is_dir():
        raise OptionError(f"--videos {videos}: there is no such folder")
    for file in files:
        check_writable(file)
    console = error_console()
    bars = Bars(console=console, transient=True, disable=not console.is_terminal, redirect_stdout=False)
    # Older versions of rich end a line on standard error also where they show no bar.
    with bars if console.is_terminal else nullcontext():
        task = bars.add_task("compare", total=None)

        def show(done: int, total: int) -> None:
            bars.update(task, total=total, completed=done)

        agreement = compare(a, b, dataset=dataset, settings=settings, progress=show)
    for note in agreement.notes:
        print_warning(console, note)
    Console(highlight=False, markup=False, emoji=False).print(agreement_tables(agreement))
    if json_file is not None:
        write_figures(agreement, json_file)
    if html is not None:
        write_page(agreement, html, videos)
    for file in files:
        console.print(f"-> {file}")
