"""The command `rbdm app`: its arguments."""

from typing import Annotated

import typer


def app_command(
    port: Annotated[int | None, typer.Option(help="Port on 127.0.0.1; else a free one.", min=1, max=65535)] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser; else print its address.")] = True,
    install_shortcut: Annotated[
        bool,
        typer.Option(
            "--install-shortcut", help="Add a shortcut to your menu, which starts the app without a terminal; then end."
        ),
    ] = False,
) -> None:
    """Open rbdm as pages in your browser: for people who do not type commands."""
    from rbdm.app.start import require_app, run_app

    if install_shortcut:
        from rbdm.app.shortcut import install_shortcut as install

        require_app()
        print(f"rbdm is in your menu now: {install()}")
        return
    run_app(port, browser, lambda line: print(line, flush=True))
