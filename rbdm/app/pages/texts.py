"""Numbers as people read them, and tables."""

from collections.abc import Sequence
from html import escape

from rbdm.files.naming import printable
from rbdm.progress import counted

Cell = str | tuple[str, str]
"""A text, or a text and its HTML class."""


_OPTIONS = {
    "--overwrite": "“Replace results that exist”",
    "--out": "“Write all results into this folder”",
    "; -r also looks": "; “With subfolders” also looks",
}


def in_words(message: str) -> str:
    """A message with the names of the app's options in place of the command's.

    >>> in_words("a.mp4: exists; --overwrite replaces it")
    'a.mp4: exists; “Replace results that exist” replaces it'
    """
    for option, name in _OPTIONS.items():
        message = message.replace(option, name)
    return message


def clock(seconds: float) -> str:
    """Minutes and seconds, from one hour on with hours; a dash if unknown.

    >>> clock(61.2), clock(3600), clock(0)
    ('1:01', '1:00:00', '–')
    """
    if seconds <= 0:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def left(seconds: float) -> str:
    """How long something still takes, roughly.

    >>> left(20), left(100), left(7300)
    ('less than a minute', 'about 2 minutes', 'about 2 hours 2 minutes')
    """
    minutes = round(seconds / 60)
    if seconds < 50:
        return "less than a minute"
    hours, minutes = divmod(minutes, 60)
    parts = [counted(hours, "hour")] if hours else []
    return "about " + " ".join([*parts, *([counted(minutes, "minute")] if minutes else [])])


def size(count: float) -> str:
    """Bytes in the largest fitting unit.

    >>> size(900), size(2_500_000)
    ('900 B', '2.5 MB')
    """
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A table as HTML. All texts are escaped. The first cell of a row is its heading.

    Args:
        caption: for screen readers.
        head: the names of the columns.
        rows: as many cells as columns.
    """
    names = "".join(f'<th scope="col">{_text(name)}</th>' for name in head)
    body = "".join(f"<tr>{''.join(_cell(cell, not place) for place, cell in enumerate(row))}</tr>" for row in rows)
    # A part that scrolls must be reachable with the keyboard.
    return (
        f'<div class="table-box" tabindex="0" role="region" aria-label="{_text(caption)}"><table>'
        f'<caption class="unseen">{_text(caption)}</caption><thead><tr>{names}</tr></thead><tbody>{body}</tbody>'
        "</table></div>"
    )


def _cell(cell: Cell, is_heading: bool) -> str:
    text, kind = cell if isinstance(cell, tuple) else (cell, "")
    tag, scope = ("th", ' scope="row"') if is_heading else ("td", "")
    return f'<{tag}{scope} class="{escape(kind)}">{_text(text)}</{tag}>'


def _text(text: str) -> str:
    return escape(printable(text))
