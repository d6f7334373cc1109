"""Putting the module where a server finds it: a folder below its CML_DIR."""

import shutil
import tempfile
from pathlib import Path

from rbdm.errors import OutputError

_PACKAGE = Path(__file__).resolve().parent
_FILES = ("rbdm.trainer", "rbdm.py", "requirements.txt", "version.py")
_FOLDERS = ("weights",)
_IN_WHEEL = "_module"
_NOT_COPIED = shutil.ignore_patterns("__pycache__", _IN_WHEEL)


def module_folder() -> Path:
    """The folder of `rbdm.trainer` and `weights`: around the package in a checkout, inside it in a wheel."""
    return _PACKAGE.parent if (_PACKAGE.parent / "rbdm.trainer").is_file() else _PACKAGE / _IN_WHEEL


def install(cml_dir: Path) -> Path:
    """Put the module into `cml_dir`/modules/rbdm, where it replaces an older one as a whole or not at all.

    Returns:
        The module's folder.

    Raises:
        OutputError: the folder cannot be written or replaced.
    """
    if not Path(cml_dir).is_dir():
        raise OutputError(f"{cml_dir}: no such folder: name your server's CML_DIR")
    target = Path(cml_dir).resolve() / "modules" / "rbdm"
    if target == module_folder():
        raise OutputError(f"{target}: this is the module that is running; it needs no installing")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Beside the target, so that a rename is enough; the dot keeps a server from listing it meanwhile.
        with tempfile.TemporaryDirectory(prefix=".rbdm-", dir=target.parent, ignore_cleanup_errors=True) as beside:
            _copy(Path(beside) / "new")
            _swap(Path(beside), target)
    except OSError as error:
        raise OutputError(
            f"{target}: cannot be written ({error.strerror or error}); if a server is using it, stop that first"
        ) from None
    return target


def _copy(folder: Path) -> None:
    shutil.copytree(_PACKAGE, folder / "rbdm", ignore=_NOT_COPIED)
    for name in _FILES:
        shutil.copy2(module_folder() / name, folder / name)
    for name in _FOLDERS:
        shutil.copytree(module_folder() / name, folder / name, ignore=_NOT_COPIED)


def _swap(beside: Path, target: Path) -> None:
    older = beside / "older"
    if target.exists():
        target.rename(older)
    try:
        (beside / "new").rename(target)
    except OSError:
        if older.exists():
            older.rename(target)
        raise
