"""The command `rbdm compare`: its arguments, and what it prints."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bars

from rbdm.cli.progress_bars import error_console, print_warning
from rbdm.errors import OptionError
from rbdm.study.agreement.estimates import AgreementSettings

_DEFAULT = AgreementSettings()


def compare_command(
    a: Annotated[
        str, typer.Argument(help="The reference, e.g. a human coder: a file, a folder; with --in, an annotator's name.")
    ],
    b: Annotated[str, typer.Argument(help="What is compared with it, e.g. rbdm's results.")],
    dataset: Annotated[
        Path | None,
        typer.Option("--in", help="Folder with the annotations of both, such as a dataset of NOVA.", metavar="FOLDER"),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all figures to this file.", metavar="FILE")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(help="Write a page with both timelines and the disagreements.", metavar="FILE"),
    ] = None,
    videos: Annotated[
        Path | None,
        typer.Option(help="Folder with the videos for --html, if they lie beside no annotation.", metavar="FOLDER"),
    ] = None,
    step: Annotated[float, typer.Option(help="Compare once in this many seconds.")] = _DEFAULT.step,
    max_lag: Annotated[
        float, typer.Option(help="Look for a lag of valence and arousal up to this many seconds; 0 for none.")
    ] = _DEFAULT.max_lag,
    block: Annotated[
        float,
        typer.Option(help="Seconds in a block; intervals are made from blocks if there are fewer than five videos."),
    ] = _DEFAULT.block,
    samples: Annotated[int, typer.Option(help="Samples of the bootstrap.")] = _DEFAULT.samples,
    level: Annotated[float, typer.Option(help="Level of the intervals, 0 to 1.")] = _DEFAULT.level,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.")] = _DEFAULT.seed,
) -> None:
    """Compare two annotations of the same videos: how far do they agree?"""
    from rbdm.cli.study.agreement_tables import agreement_tables
    from rbdm.files.atomic import check_writable
    from rbdm.study.agreement.compare import compare
    from rbdm.study.agreement.figures import write_figures
    from rbdm.study.agreement.page import require_page, write_page

    settings = AgreementSettings(step, max_lag, block, samples, level, seed)
    if html is not None:
        require_page()
    files = [file for file in (json_file, html) if file is not None]
    if len(files) == 2 and files[0].absolute() == files[1].absolute():
        raise OptionError(f"--json and --html are the same file: {html}")
    for file in files:
        check_writable(file)
    console = error_console()
    with Bars(console=console, transient=True, disable=not console.is_terminal, redirect_stdout=False) as bars:
        task = bars.add_task("compare", total=None)
        agreement = compare(
            a,
            b,
            dataset=dataset,
            settings=settings,
            progress=lambda done, total: bars.update(task, total=total, completed=done),
        )
    for note in agreement.notes:
        print_warning(console, note)
    Console(highlight=False, markup=False, emoji=False).print(agreement_tables(agreement))
    if json_file is not None:
        write_figures(agreement, json_file)
    if html is not None:
        write_page(agreement, html, videos)
    for file in files:
        console.print(f"-> {file}")
