"""Facial expressions, valence and arousal of faces in video, as annotations that NOVA opens.

`annotate` annotates one video, an `Annotator` annotates many. `Options` say how, and a `Prediction` is the result. A
callback for progress gets a `Progress`. Errors are `RbdmError`s.

>>> from rbdm import annotate
>>> prediction = annotate("interview.mp4")  # doctest: +SKIP
"""

import importlib
from typing import TYPE_CHECKING, Any

from rbdm.version import __version__

if TYPE_CHECKING:
    from rbdm.annotator import Annotator, annotate
    from rbdm.errors import RbdmError
    from rbdm.options import Options
    from rbdm.prediction import Prediction
    from rbdm.progress import Progress

_MODULES = {
    "Annotator": "annotator",
    "Options": "options",
    "Prediction": "prediction",
    "Progress": "progress",
    "RbdmError": "errors",
    "annotate": "annotator",
}
__all__ = ["Annotator", "Options", "Prediction", "Progress", "RbdmError", "__version__", "annotate"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that commands that need no video start at once."""
    if name not in _MODULES:
        raise AttributeError(f"module 'rbdm' has no attribute {name!r}")
    return getattr(importlib.import_module(f"rbdm.{_MODULES[name]}"), name)
