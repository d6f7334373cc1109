"""Training and evaluating the network on labelled faces."""

import importlib.util

from rbdm.errors import RbdmError


def require_keras() -> None:
    """Raise `RbdmError` when Keras, which training needs, is not installed."""
    if importlib.util.find_spec("keras") is None:
        raise RbdmError("training needs Keras: pip install 'rbdm[train]'")
