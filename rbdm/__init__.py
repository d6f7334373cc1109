"""Facial expressions, valence and arousal of faces in video, as annotations that NOVA opens.

`annotate` for one video, `Annotator` for many; `Options` say how, a `Prediction` is what comes out; `Progress` is told
meanwhile; errors are `RbdmError`s.

>>> from rbdm import annotate
>>> prediction = annotate("interview.mp4")  # doctest: +SKIP
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rbdm.errors import RbdmError
    from rbdm.options import Options
    from rbdm.pipeline import Annotator, annotate
    from rbdm.prediction import Prediction
    from rbdm.progress import Progress

__version__ = "1.0.0"

_HOMES = {
    "Annotator": "pipeline",
    "Options": "options",
    "Prediction": "prediction",
    "Progress": "progress",
    "RbdmError": "errors",
    "annotate": "pipeline",
}
__all__ = ["Annotator", "Options", "Prediction", "Progress", "RbdmError", "annotate"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: commands that need no video start at once."""
    if name not in _HOMES:
        raise AttributeError(f"module 'rbdm' has no attribute {name!r}")
    return getattr(importlib.import_module(f"rbdm.{_HOMES[name]}"), name)
