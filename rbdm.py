"""The script that `rbdm.trainer` names. A server loads the class `RBDM` from it."""

import sys
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def _refuse_old_code() -> None:
    """Refuse to run if this module was replaced on disk while the server runs: its old code would use the new weights.

    Backend `debug` keeps the package in memory, and reads only this script again for each job.
    """
    loaded = sys.modules.get("rbdm")
    on_disk = (_FOLDER / "rbdm" / "version.py").read_text(encoding="utf-8")
    if loaded is not None and f'"{loaded.__version__}"' not in on_disk:
        raise RuntimeError(
            f"rbdm was replaced on disk, and the server still runs its version {loaded.__version__}: restart the server"
        )


def _forget_other_rbdm() -> None:
    """Unload a package `rbdm` from another folder: a server may run several modules in one process."""
    loaded = sys.modules.get("rbdm")
    if loaded is None or Path(loaded.__file__ or "").resolve().parent == _FOLDER / "rbdm":
        return
    for name in [name for name in sys.modules if name == "rbdm" or name.startswith("rbdm.")]:
        del sys.modules[name]


_forget_other_rbdm()
_refuse_old_code()
sys.path.insert(0, str(_FOLDER))
try:
    from rbdm.server import RBDM
finally:
    # The imported package finds its submodules without this entry. Other modules must not import our files by accident.
    sys.path.remove(str(_FOLDER))

__all__ = ["RBDM"]
