"""The script that `rbdm.trainer` names: it gives a server the class `RBDM` of the package beside it."""

import sys
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def _forget_other_rbdm() -> None:
    """Forget an rbdm that another folder has given this process: a server may run several modules in one."""
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
    # Once found, the package finds its parts by itself, and other modules do not find our files by accident.
    sys.path.remove(str(_FOLDER))

__all__ = ["RBDM"]
