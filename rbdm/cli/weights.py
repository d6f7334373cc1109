"""The commands `rbdm weights list`, `fetch` and `check`."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bars

from rbdm.cli.progress_bars import DownloadBar, error_console
from rbdm.errors import InputError

_LICENCES = {
    "CC BY-NC-ND 4.0": " You may use them for non-commercial purposes only. If you pass them on, name their authors "
    "and do not change them. The full text: https://creativecommons.org/licenses/by-nc-nd/4.0/legalcode"
}
"""What a licence allows, in plain words."""

weights_app = typer.Typer(help="The weights of the network.", no_args_is_help=True)


@weights_app.command("list")
def weights_list() -> None:
    """List the weights by name, and show which are on this machine."""
    from rbdm.files.resources import BUNDLED, cache_folder
    from rbdm.network.manifest import read_manifest
    from rbdm.network.weights import added_weights, is_here

    for key, entry in read_manifest(BUNDLED / "manifest.json").items():
        path = (cache_folder() if entry.url else BUNDLED) / entry.file
        missing = f"not on this machine: rbdm weights fetch {key} downloads {entry.url}"
        print(f"{key}: {entry.licence}, {path if is_here(entry) else missing}")
    for key, folder in added_weights().items():
        print(f"{key}: added to this installation, {folder}")


@weights_app.command("fetch")
def weights_fetch(
    name: Annotated[str, typer.Argument(help="A name of `rbdm weights list`.")],
    yes: Annotated[bool, typer.Option("--yes", help="Agree to the licence without being asked, for scripts.")] = False,
) -> None:
    """Download weights: shows their licence, and asks once whether you agree to it.

    From then on, `--weights auto` means the official weights.
    """
    from rbdm.files.resources import BUNDLED
    from rbdm.network.manifest import read_manifest
    from rbdm.network.weights import fetch, is_here

    manifest = read_manifest(BUNDLED / "manifest.json")
    if name not in manifest:
        raise InputError(f"no weights are called {name!r}: choose one of {', '.join(manifest)}")
    entry = manifest[name]
    if not entry.url:
        print(f"{name} comes with rbdm: {BUNDLED / entry.file}")
        return
    console = error_console()
    if not is_here(entry):
        _agree(name, entry.licence, yes, console)
    bars = Bars(console=console, transient=True, disable=not console.is_terminal)
    # Disabled bars are not started: rich before 14.3 prints an empty line when they stop.
    with bars if console.is_terminal else nullcontext():
        print(fetch(entry, progress=DownloadBar(bars, entry.file)))


def _agree(name: str, licence: str, yes: bool, console: Console) -> None:
    """Show the licence of weights, and ask for agreement if it was not given. Raises `InputError` without agreement."""
    if not yes and not sys.stdin.isatty():
        raise InputError(
            f"weights {name!r} have the licence {licence}, and standard input is not a terminal where you can be "
            f"asked: if you agree to the licence, run: rbdm weights fetch {name} --yes"
        )
    console.print(f"The weights {name!r} have the licence {licence}.{_LICENCES.get(licence, '')}")
    if not yes and not typer.confirm("Do you agree to this licence?", err=True):
        raise InputError(f"weights {name!r}: not downloaded, since you did not agree to their licence")


@weights_app.command("check")
def weights_check(
    file: Annotated[Path, typer.Argument(help="A Keras weights file of any of the formats, or a folder of weights.")],
) -> None:
    """Read a weights file as an annotation would, and say what is known about it."""
    from rbdm.network.engine import load_engine
    from rbdm.network.weights import find_weights

    weights = find_weights(str(file))
    load_engine(weights, "cpu", 1)
    entry = weights.entry
    print(f"{file}: every layer fits, SHA-256 {weights.sha256}")
    print(f"known as {entry.name}, licence {entry.licence or 'unknown'}")
    print(f"crop scale {entry.crop_scale:.3f}, {entry.color}, {entry.input_size} pixels, {', '.join(entry.classes)}")
