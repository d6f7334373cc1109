"""The script that `rbdm.trainer` names. A server loads the class `RBDM` from it."""

import sys
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def _forget_other_rbdm() -> None:
    """Unload a package `rbdm` from another folder: a server may run several modules in one process."""
    loaded = sys.modules.get("rbdm")
    if loaded is None or Path(loaded.__file__ or "").resolve().parent == _FOLDER / "rbdm":
        return
    for name in [name for name in sys.modules if name == "rbdm" or name.startswith("rbdm.")]:
        del sys.modules[name]


_forget_other_rbdm()
sys.path.insert(0, str(_FOLDER))
try:
    from rbdm.server import RBDM
finally:
    # The imported package finds its submodules without this entry. Other modules must not import our files by accident.
    sys.path.remove(str(_FOLDER))

__all__ = ["RBDM"]
