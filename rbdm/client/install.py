"""Installs the module for a server: copies it into a folder below the server's CML_DIR."""

import shutil
from pathlib import Path

from rbdm.errors import OutputError
from rbdm.files.atomic import atomic_replace_folder
from rbdm.files.resources import MODULE_IN_WHEEL, PACKAGE, module_folder

_FILES = ("rbdm.trainer", "rbdm.py", "requirements.txt", "version.py")
_FOLDERS = ("weights",)
_NOT_COPIED = shutil.ignore_patterns("__pycache__", MODULE_IN_WHEEL)


def install(cml_dir: Path) -> Path:
    """Copy the module to `cml_dir`/modules/rbdm. An older version is replaced completely, or after an error not at all.

    Returns:
        The module's folder.

    Raises:
        OutputError: `cml_dir` does not exist, or the folder cannot be written or replaced.
    """
    if not Path(cml_dir).is_dir():
        raise OutputError(f"{cml_dir}: no such folder: name your server's CML_DIR")
    target = Path(cml_dir).resolve() / "modules" / "rbdm"
    if target == module_folder():
        raise OutputError(f"{target}: this is the module that is running; it is already installed")
    try:
        with atomic_replace_folder(target) as folder:
            _copy(folder)
    except OSError as error:
        raise OutputError(
            f"{target}: cannot be written ({error.strerror or error}); if a server is using it, stop that first"
        ) from None
    return target


def _copy(folder: Path) -> None:
    shutil.copytree(PACKAGE, folder / "rbdm", ignore=_NOT_COPIED)
    for name in _FILES:
        shutil.copy2(module_folder() / name, folder / name)
    for name in _FOLDERS:
        shutil.copytree(module_folder() / name, folder / name, ignore=_NOT_COPIED)
