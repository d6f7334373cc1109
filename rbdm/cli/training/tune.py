"""`rbdm train --tune`: tunes weights on videos that people have annotated."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from rbdm.cli.progress_bars import ProgressBars, error_console, print_warning
from rbdm.errors import OptionError, RbdmError
from rbdm.files.naming import printable

Tune = Annotated[
    str | None,
    typer.Option(
        help="Tune weights on videos that people have annotated: heads (minutes), or with the extra `train` also "
        "last-block or all.",
        metavar="heads|last-block|all",
    ),
]
SampleMs = Annotated[
    float | None, typer.Option(help="With --tune: one face for this many milliseconds of video; 500 if left out.")
]
OfAnnotator = Annotated[
    list[str] | None, typer.Option(help="With --tune: only the annotations of this annotator. Once for each.")
]
SplitBy = Annotated[
    str | None, typer.Option(help="With --tune: what is held out to measure: session, or role.", metavar="session|role")
]
InFolder = Annotated[
    Path | None, typer.Option(help="With --tune: the folder of the videos, if they are not beside the annotations.")
]


def refuse(what: str, options: Mapping[str, Any]) -> None:
    """Raise `OptionError` if an option is given that has no effect here.

    Args:
        what: the case, for the message.
        options: the values of the options by their names on the command line; None or False if not given.
    """
    for name, value in options.items():
        if value:
            raise OptionError(f"{name} has no effect on {what}: leave it out")


def tune_on_sessions(
    sessions: Sequence[Path], out: Path, start: str, kind: str, options: Mapping[str, Any], recipe: Mapping[str, Any]
) -> int:
    """Tune weights, print what became better, and write them.

    Args:
        sessions: folders with annotations.
        out: the folder to write.
        start: the weights to start from.
        kind: what is tuned.
        options: of `Material`; None where it was not given.
        recipe: of `LayersRecipe`; None where it was not given.

    Returns:
        The exit code: 1 if a video could not be used.
    """
    from rbdm.cli.training.tuning_tables import tuning_tables
    from rbdm.network.weights import find_weights
    from rbdm.training.tuning.base import Base
    from rbdm.training.tuning.kinds import check_kind, tuner_of
    from rbdm.training.tuning.tune import Material, Show, find_labels, tune
    from rbdm.training.tuning.write import check_folder, write_weights

    console = error_console()
    warn = partial(print_warning, console)
    material = Material(**{name: value for name, value in options.items() if value is not None})
    recipe = {name: value for name, value in recipe.items() if value is not None}
    check_kind(kind, recipe)
    check_folder(out)
    found = find_labels(sessions, material, warn)
    base = Base(find_weights(start, console.print))
    tuner = tuner_of(kind, base, recipe)
    units = {person.unit(material.split) for person, _ in found}
    moments = sum(len(labels) for _, labels in found)
    console.print(f"{len(units)} {material.split}s, {len(found)} people in videos, {moments} labelled moments")
    bars = ProgressBars(console, len(found))

    def failed(error: RbdmError) -> None:
        console.print(printable(f"{error}: left out"))

    show = Show(bars.video, bars.show, warn, failed, console.print)
    outcome = tune(found, base, tuner, kind, material, show)
    path = write_weights(out, base, outcome)
    Console(highlight=False).print(tuning_tables(out.resolve().name, outcome))
    print(f"{path}\nuse it with --weights {out}; {path.parent / 'MODEL_CARD.md'} says how good it is")
    return 1 if outcome.failed else 0
