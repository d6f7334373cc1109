"""A desktop entry, as the freedesktop.org specification describes it, for GNOME, KDE, Xfce and others."""

from collections.abc import Sequence
from pathlib import Path

from rbdm.files.atomic import atomic_write

_ICON = Path(__file__).parent / "icon.svg"
_RESERVED = str.maketrans({sign: f"\\{sign}" for sign in '"`$\\'})


def install(folder: Path, python: Path, arguments: Sequence[str]) -> Path:
    """Write the entry.

    Args:
        folder: of the user's entries.
        python: the program.
        arguments: its arguments.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rbdm.desktop"
    with atomic_write(path) as temporary:
        temporary.write_text(entry(python, arguments), encoding="utf-8")
        temporary.chmod(0o755)
    return path


def entry(python: Path, arguments: Sequence[str]) -> str:
    """The text of the entry."""
    command = " ".join(map(_argument, [str(python), *arguments]))
    lines = {
        "Type": "Application",
        "Name": "rbdm",
        "GenericName": "Facial expressions in video",
        "Comment": "Annotate facial expressions, valence and arousal of faces in video",
        "Exec": _value(command),
        "Icon": _value(str(_ICON)),
        "Terminal": "false",
        "Categories": "Science;",
        "Keywords": "face;expression;emotion;valence;arousal;NOVA;",
    }
    return "[Desktop Entry]\n" + "".join(f"{name}={value}\n" for name, value in lines.items())


def _argument(text: str) -> str:
    """An argument of `Exec`: `%` begins a field code, and some signs must be quoted."""
    return f'"{text.translate(_RESERVED)}"'.replace("%", "%%")


def _value(text: str) -> str:
    """A value of an entry: a backslash is written as two."""
    return text.replace("\\", "\\\\").replace("\n", "\\n")
