"""Facial expressions, valence and arousal of faces in video, as annotations that NOVA opens.

`annotate` annotates one video, an `Annotator` annotates many. `Options` configure both, and a `Prediction` is the
result; an `Explanation` shows what a face's label rests on. A progress callback is called with a `Progress`. All error
classes of rbdm are subclasses of `RbdmError`.

>>> from rbdm import annotate
>>> prediction = annotate("interview.mp4")  # doctest: +SKIP
"""

import importlib
from typing import TYPE_CHECKING, Any

from rbdm.version import __version__

if TYPE_CHECKING:
    from rbdm.annotator import Annotator, annotate
    from rbdm.errors import RbdmError
    from rbdm.explain.explanation import Explanation
    from rbdm.options import Options
    from rbdm.prediction import Prediction
    from rbdm.progress import Progress

_MODULES = {
    "Annotator": "annotator",
    "Explanation": "explain.explanation",
    "Options": "options",
    "Prediction": "prediction",
    "Progress": "progress",
    "RbdmError": "errors",
    "annotate": "annotator",
}
__all__ = ["Annotator", "Explanation", "Options", "Prediction", "Progress", "RbdmError", "__version__", "annotate"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that commands without video start fast."""
    if name not in _MODULES:
        raise AttributeError(f"module 'rbdm' has no attribute {name!r}")
    return getattr(importlib.import_module(f"rbdm.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    """The public names, for completion in a console."""
    return sorted({*globals(), *__all__})
