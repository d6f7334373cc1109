"""The command `rbdm`: collects all subcommands, and turns errors into messages and exit codes."""

import io
import signal
import sys
from typing import Annotated

import typer

from rbdm.batch.runner import one_line
from rbdm.cli.annotate import annotate_command
from rbdm.cli.app import app_command
from rbdm.cli.detect import detect_command
from rbdm.cli.explain import explain_command
from rbdm.cli.options import UsageError
from rbdm.cli.server import demo_command, install_command
from rbdm.cli.study.compare import compare_command
from rbdm.cli.study.index import index_command
from rbdm.cli.study.summarize import summarize_command
from rbdm.cli.submit import submit_command
from rbdm.cli.training.commands import evaluate_command, quantize_command, train_command
from rbdm.cli.weights import weights_app
from rbdm.errors import RbdmError
from rbdm.version import __version__

app = typer.Typer(
    name="rbdm",
    help="Facial expressions, valence and arousal of faces in video, as annotations that NOVA opens.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
app.command("annotate")(annotate_command)
app.command("detect")(detect_command)
app.command("explain")(explain_command)
app.command("summarize")(summarize_command)
app.command("compare")(compare_command)
app.command("index")(index_command)
app.command("app")(app_command)
app.command("submit")(submit_command)
app.command("install")(install_command)
app.command("demo")(demo_command)
app.command("train")(train_command)
app.command("quantize")(quantize_command)
app.command("evaluate")(evaluate_command)
app.add_typer(weights_app, name="weights")
_BAD_INPUT = ("NoSuchOption", "BadParameter")


def main() -> None:
    """Run the command line. Exit codes: 0 success, 1 something failed, 2 wrong usage, 130 interrupted."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # clean up before the end, as after Ctrl-C
            signal.signal(getattr(signal, name), signal.default_int_handler)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code. Every error is printed as one line on standard error.

    Args:
        arguments: the command line without the program name.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a Windows pipe may not be able to encode a file name
            stream.reconfigure(errors="backslashreplace")
    try:
        code = typer.main.get_command(app).main(arguments, prog_name="rbdm", standalone_mode=False)
        if arguments in ([], ["weights"]):  # click before 8.2 prints the help and reports success
            return 2
        return _fail("interrupted", 130) if code == 130 else code if isinstance(code, int) else 0
    except UsageError as error:
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


def _fail(message: str, code: int) -> int:
    print(one_line(message), file=sys.stderr)
    return code
