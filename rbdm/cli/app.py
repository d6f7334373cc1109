"""The command `rbdm app`: its arguments."""

from typing import Annotated

import typer


def app_command(
    port: Annotated[int | None, typer.Option(help="Port on 127.0.0.1; else a free one.", min=1, max=65535)] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser; else print its address.")] = True,
) -> None:
    """Open rbdm as pages in your browser: for those who do not type commands."""
    from rbdm.app.start import run_app

    run_app(port, browser, lambda line: print(line, flush=True))
