"""The commands `rbdm install` and `rbdm demo`."""

from pathlib import Path
from typing import Annotated

import typer

from rbdm.cli.options import Ca, Insecure, UsageError
from rbdm.files.naming import printable


def install_command(
    cml_dir: Annotated[Path, typer.Argument(help="The server's CML_DIR.", metavar="CML_DIR")],
) -> None:
    """Put the module where a DISCOVER or NOVA server finds it."""
    from rbdm.client.install import install

    notes: list[str] = []
    print(f"installed in {install(cml_dir, notes.append)}")
    for note in notes:
        print(printable(note))


def demo_command(
    out: Annotated[Path, typer.Option(help="Folder for the clip and its annotations.")] = Path("rbdm-demo"),
    server: Annotated[
        str | None,
        typer.Option(
            help="Address of a running server that has the module and sees this machine's files, such as "
            "https://localhost:8080; else a server is started.",
            metavar="URL",
        ),
    ] = None,
    ca: Ca = None,
    insecure: Insecure = False,
    study: Annotated[
        Path | None,
        typer.Option(
            help="Run nothing: write a small study to try rbdm with into this new folder, with videos of two people, "
            "annotations of a made-up human coder and a table of windows.",
            metavar="FOLDER",
        ),
    ] = None,
) -> None:
    """Run the module on a real DISCOVER server on this machine, with a clip of a real face; or write a small study."""
    if study is not None:
        from rbdm.client.demo_study import write_study

        if server is not None or ca or insecure:
            raise UsageError("--study needs no server.")
        write_study(study)
        print(f"a small study is in {printable(str(study))}: videos, coder, windows.csv")
        return

    from rbdm.client.client import Client
    from rbdm.client.demo import run_demo

    if server is None and (ca or insecure):
        raise UsageError("--ca and --insecure are only for --server.")
    run_demo(out, client=None if server is None else Client(server, insecure, ca))
