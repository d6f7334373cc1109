"""Installs the module for a server: copies it into a folder below the server's CML_DIR."""

import shutil
from datetime import date
from pathlib import Path

from rbdm.client.users_files import keep_files, keep_settings
from rbdm.errors import OutputError
from rbdm.files.atomic import atomic_replace_folder
from rbdm.files.naming import unused
from rbdm.files.resources import MODULE_IN_WHEEL, PACKAGE, module_folder
from rbdm.types import Notify

_TRAINER = "rbdm.trainer"
_FILES = (_TRAINER, "rbdm.py", "requirements.txt", "version.py")
_FOLDERS = ("weights",)
_NOT_COPIED = shutil.ignore_patterns("__pycache__", MODULE_IN_WHEEL)
_DELIVERED = Path(PACKAGE.name, "delivered.xml")
"""In an installed module: the trainer file as it was delivered, to find out later what the user has changed in it. The
server would list a second file with the ending `.trainer`."""


def install(cml_dir: Path, say: Notify = lambda text: None) -> Path:
    """Copy the module to `cml_dir`/modules/rbdm. After an error, nothing has changed.

    An older version is replaced. Files that the user has added to it are kept, and so are the default values of options
    and of inputs and outputs that the user has changed in the trainer file. Another module in this place is renamed.

    Args:
        cml_dir: the server's CML_DIR.
        say: called with one line of text about each thing that was kept or renamed.

    Returns:
        The module's folder.

    Raises:
        OutputError: `cml_dir` does not exist, or the folder cannot be written or replaced.
    """
    if not Path(cml_dir).is_dir():
        raise OutputError(f"{cml_dir}: no such folder: name your server's CML_DIR")
    target = Path(cml_dir).resolve() / "modules" / "rbdm"
    if target.resolve() == module_folder():
        raise OutputError(f"{target}: this is the module that is running; it is already installed")
    is_ours = (target / PACKAGE.name / "version.py").is_file()
    is_other = not is_ours and target.exists() and (not target.is_dir() or any(target.iterdir()))
    aside = unused(target, f"before-{date.today()}") if is_other else None
    notes: list[str] = []
    try:
        with atomic_replace_folder(target, aside) as folder:
            _copy(folder)
            if is_ours:
                _keep(target, folder, notes.append)
    except OSError as error:
        raise OutputError(
            f"{target}: cannot be written ({error.strerror or error}); if a server is using it, stop that first"
        ) from None
    for note in notes:
        say(note)
    if aside:
        say(f"another module was there: it is now {aside}; NOVA lists both")
    if is_ours or aside:
        say("restart the server: until then it may run the old version")
    return target


def _copy(folder: Path) -> None:
    shutil.copytree(PACKAGE, folder / PACKAGE.name, ignore=_NOT_COPIED)
    for name in _FILES:
        shutil.copy2(module_folder() / name, folder / name)
    for name in _FOLDERS:
        shutil.copytree(module_folder() / name, folder / name, ignore=_NOT_COPIED)
    shutil.copy2(module_folder() / _TRAINER, folder / _DELIVERED)


def _keep(old: Path, new: Path, say: Notify) -> None:
    """Take over what the user has added to the older version in the folder `old`, and changed in it."""
    keep_files(old, new, {PACKAGE.name, *_FILES}, say)
    if (old / _TRAINER).is_file():
        delivered = old / _DELIVERED if (old / _DELIVERED).is_file() else new / _TRAINER
        keep_settings(old / _TRAINER, delivered, new / _TRAINER, say)
