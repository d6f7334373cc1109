"""The commands `rbdm install` and `rbdm demo`."""

from pathlib import Path
from typing import Annotated

import typer


def install_command(
    cml_dir: Annotated[Path, typer.Argument(help="The server's CML_DIR.", metavar="CML_DIR")],
) -> None:
    """Put the module where a DISCOVER or NOVA server finds it."""
    from rbdm.client.install import install

    print(f"installed in {install(cml_dir)}")


def demo_command(
    out: Annotated[Path, typer.Option(help="Folder for the clip and its annotations.")] = Path("rbdm-demo"),
) -> None:
    """Run the module on a real DISCOVER server on this machine, with a clip of a real face."""
    from rbdm.client.demo import run_demo

    run_demo(out)
