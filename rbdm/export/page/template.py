"""Renders a self-contained page: its text, styles, data and scripts in one file that needs no other file."""

import base64
import hashlib
import importlib.util
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from rbdm.errors import RbdmError

_HERE = Path(__file__).parent


def require_jinja(purpose: str) -> None:
    """Raise `RbdmError` if Jinja2 is not installed. The message says what to install for `purpose`, e.g. `a report`."""
    if importlib.util.find_spec("jinja2") is None:
        raise RbdmError(f"{purpose} needs Jinja2: pip install 'rbdm[report]'")


def render(
    template: Path,
    values: Mapping[str, Any],
    *,
    styles: Sequence[Path] = (),
    scripts: Sequence[Path] = (),
    library: str = "",
    player: bool = False,
) -> str:
    """A page from a template that extends `base.html`.

    A content security policy in the page forbids every request, except for the video beside the page or one that the
    user chooses (`player`), and every script that is not part of the page.

    Args:
        template: a Jinja template. All values are escaped.
        values: the template's values; besides those that it uses itself, `title`, a text.
        styles: CSS files, after the shared ones.
        scripts: JavaScript files, after the shared ones; all become one script, in this order, in strict mode. Their
            functions and variables are not visible to other scripts.
        library: a script that runs first. It may compile code from texts, as Bokeh does.
        player: whether the page uses the macros of `player.html` and the functions of `player.js`.

    Raises:
        RbdmError: Jinja2 is not installed.
    """
    require_jinja("a page")
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader([template.parent, _HERE])
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    environment.trim_blocks = environment.lstrip_blocks = True
    shared = ["text.js", "theme.js", *(["player.js"] if player else [])]
    looks = ["base.css", *(["player.css"] if player else [])]
    own = "".join(map(_text, [*(_HERE / name for name in shared), *scripts]))
    all_scripts = [*([library] if library else []), f'"use strict";\n{{\n{own}}}\n']
    return environment.get_template(template.name).render(
        style="".join(map(_text, [*(_HERE / name for name in looks), *styles])),
        scripts=all_scripts,
        script_hashes=[_hash(script) for script in all_scripts],
        compiles=bool(library),
        plays=player,
        **values,
    )


def as_json(value: Any) -> str:
    """JSON for a script element. No text in it can end that element: `<` is escaped."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """The hash by which a content security policy allows a script to run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
