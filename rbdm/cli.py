"""The command `rbdm`: arguments, progress and printing."""

import io
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress as Bars

from rbdm import __version__
from rbdm.bars import Download, VideoBars, error_console
from rbdm.batch import one_line
from rbdm.cli_annotate import annotate_command, detect_command
from rbdm.cli_options import BatchSize, Device, WeightsOption
from rbdm.errors import InputError, RbdmError
from rbdm.options import Options
from rbdm.submit_cli import submit_command

app = typer.Typer(
    name="rbdm",
    help="Facial expressions, valence and arousal of faces in video, as annotations that NOVA opens.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
weights_app = typer.Typer(help="The weights of the network.", no_args_is_help=True)
app.add_typer(weights_app, name="weights")

_DEFAULT = Options()
_BAD_INPUT = ("NoSuchOption", "BadParameter")


def main() -> None:
    """Run the command line: exit code 0 done, 1 something failed, 2 wrong usage."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # to be ended tidily, as by Ctrl-C
            signal.signal(getattr(signal, name), signal.default_int_handler)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; every error is one line on standard error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a Windows pipe may not know a letter of a file's name
            stream.reconfigure(errors="backslashreplace")
    try:
        code = typer.main.get_command(app).main(arguments, prog_name="rbdm", standalone_mode=False)
        return _fail("interrupted", 130) if code == 130 else code if isinstance(code, int) else 0
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message(), file=sys.stderr)
            return 2
        return _fail(error.format_message(), 1 if type(error).__name__ in _BAD_INPUT else 2)
    except (typer.Abort, KeyboardInterrupt):
        return _fail("interrupted", 130)
    except RbdmError as error:
        return _fail(str(error), 1)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        print(__version__)
        raise typer.Exit


app.command("annotate")(annotate_command)
app.command("detect")(detect_command)
app.command("submit")(submit_command)


@app.command("install")
def install_command(
    cml_dir: Annotated[Path, typer.Argument(help="The server's CML_DIR.", metavar="CML_DIR")],
) -> None:
    """Put the module where a DISCOVER or NOVA server finds it."""
    from rbdm.install import install

    print(f"installed in {install(cml_dir)}")


@app.command("demo")
def demo_command(
    out: Annotated[Path, typer.Option(help="Folder for the clip and its annotations.")] = Path("rbdm-demo"),
) -> None:
    """Run the module on a real DISCOVER server on this machine, with a clip of a real face."""
    from rbdm.demo import run_demo

    run_demo(out)


@weights_app.command("list")
def weights_list() -> None:
    """Show the weights that can be named, and which are here."""
    from rbdm.manifest import BUNDLED, read_manifest
    from rbdm.weights import cache_folder

    for key, entry in read_manifest(BUNDLED / "manifest.json").items():
        path = (cache_folder() if entry.url else BUNDLED) / entry.file
        print(f"{key}: {entry.licence}, {path if path.exists() else f'not here yet: {entry.url}'}")


@weights_app.command("fetch")
def weights_fetch(name: Annotated[str, typer.Argument(help="A name of `rbdm weights list`.")]) -> None:
    """Download weights now, so that they are there when the network is not."""
    from rbdm.manifest import BUNDLED, read_manifest
    from rbdm.weights import fetch

    manifest = read_manifest(BUNDLED / "manifest.json")
    if name not in manifest:
        raise InputError(f"there are no weights called {name!r}: there are {', '.join(manifest)}")
    entry = manifest[name]
    if not entry.url:
        print(f"{name} comes with rbdm: {BUNDLED / entry.file}")
        return
    console = Console(stderr=True)
    with Bars(console=console, transient=True, disable=not console.is_terminal) as bars:
        print(fetch(entry, progress=Download(bars, entry.file)))


@weights_app.command("check")
def weights_check(
    file: Annotated[Path, typer.Argument(help="A Keras weights file, of any of the formats.")],
) -> None:
    """Read a weights file as an annotation would, and say what is known about it."""
    from rbdm.engine import load_engine
    from rbdm.weights import resolve

    weights = resolve(str(file))
    load_engine(weights, "cpu", 1)
    entry = weights.entry
    print(f"{file}: every layer fits, SHA-256 {weights.sha256}")
    print(f"known as {entry.name}, licence {entry.licence or 'unknown'}")
    print(f"crop scale {entry.crop_scale:.3f}, {entry.color}, {entry.input_size} pixels, {', '.join(entry.classes)}")


@app.command("train")
def train_command(
    data: Annotated[Path, typer.Argument(help="FER+ archive (.npz), CSV, or a folder with CSVs.", metavar="DATA")],
    out: Annotated[Path, typer.Option(help="Folder for weights and log; a run that was stopped goes on there.")],
    start: Annotated[Path | None, typer.Option(help="npm package nsfwjs (.tgz) with a backbone to start from.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the data.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Faces per step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    mixed_precision: Annotated[bool, typer.Option(help="Compute in bfloat16, on a GPU.")] = False,
) -> None:
    """Train the network on labelled faces (extra `train`)."""
    from rbdm.training import require_keras

    require_keras()
    from rbdm.training.data import split_off_valid
    from rbdm.training.train import Recipe, train

    given = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate, "seed": seed}
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    recipe = Recipe(**chosen, mixed_precision=mixed_precision)
    faces, valid = split_off_valid(data, recipe.seed)
    print(f"{len(faces)} faces to learn from, {len(valid)} to validate on")
    print(train(faces, valid, out, recipe, start, _print_epoch))


@app.command("quantize")
def quantize_command(
    data: Annotated[Path, typer.Argument(help="Faces to take the ranges from, as for `train`.", metavar="DATA")],
    out: Annotated[Path, typer.Option(help="The .tflite file to write.")],
    weights: WeightsOption = "open",
) -> None:
    """Derive an 8-bit model for the CPU (extra `train`, with TensorFlow)."""
    from rbdm.training import require_keras

    require_keras()
    from rbdm.training.data import load_faces
    from rbdm.training.quantize import quantize
    from rbdm.weights import resolve

    quantize(resolve(weights), load_faces(data, "train"), out)
    print(out)


@app.command("evaluate")
def evaluate_command(
    data: Annotated[Path, typer.Argument(help="FER+ archive (.npz), CSV, or a folder with CSVs.", metavar="DATA")],
    weights: WeightsOption = _DEFAULT.weights,
    split: Annotated[str, typer.Option(help="test, valid or train.")] = "test",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write every figure to this file.")] = None,
    batch_size: BatchSize = 32,
    device: Device = _DEFAULT.device,
) -> None:
    """Measure how good weights are on labelled faces."""
    from rbdm.training.evaluate import evaluate, show, write_json

    console = error_console()
    bars = VideoBars(console)
    with bars.video("evaluate"):
        figures = evaluate(data, weights, split, batch_size, device, bars.show, console.print)
    Console(highlight=False).print(show(figures))
    if json_file is not None:
        write_json(json_file, figures)


def _print_epoch(row: dict[str, Any]) -> None:
    print(" ".join(f"{name} {value:.4g}" for name, value in row.items()), flush=True)


def _fail(message: str, code: int) -> int:
    print(one_line(message), file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
