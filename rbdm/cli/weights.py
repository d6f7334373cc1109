"""The commands `rbdm weights list`, `fetch` and `check`."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bars

from rbdm.cli.progress_bars import DownloadBar
from rbdm.errors import InputError

weights_app = typer.Typer(help="The weights of the network.", no_args_is_help=True)


@weights_app.command("list")
def weights_list() -> None:
    """List the weights by name, and show which are on this machine."""
    from rbdm.files.resources import BUNDLED, cache_folder
    from rbdm.network.manifest import read_manifest

    for key, entry in read_manifest(BUNDLED / "manifest.json").items():
        path = (cache_folder() if entry.url else BUNDLED) / entry.file
        print(f"{key}: {entry.licence}, {path if path.exists() else f'not downloaded yet: {entry.url}'}")


@weights_app.command("fetch")
def weights_fetch(name: Annotated[str, typer.Argument(help="A name of `rbdm weights list`.")]) -> None:
    """Download weights now, to use them later without a connection to the internet."""
    from rbdm.files.resources import BUNDLED
    from rbdm.network.manifest import read_manifest
    from rbdm.network.weights import fetch

    manifest = read_manifest(BUNDLED / "manifest.json")
    if name not in manifest:
        raise InputError(f"no weights are called {name!r}: choose one of {', '.join(manifest)}")
    entry = manifest[name]
    if not entry.url:
        print(f"{name} comes with rbdm: {BUNDLED / entry.file}")
        return
    console = Console(stderr=True)
    bars = Bars(console=console, transient=True, disable=not console.is_terminal)
    # Disabled bars are not started: rich before 14.3 prints an empty line when they stop.
    with bars if console.is_terminal else nullcontext():
        print(fetch(entry, progress=DownloadBar(bars, entry.file)))


@weights_app.command("check")
def weights_check(
    file: Annotated[Path, typer.Argument(help="A Keras weights file, of any of the formats.")],
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
