"""Trains, quantizes and evaluates the network on labelled faces."""

import importlib.util

from rbdm.errors import RbdmError
from rbdm.training.data.hcai import from_hcai

__all__ = ["from_hcai", "require_keras"]


def require_keras() -> None:
    """Raise `RbdmError` if Keras is not installed. The message says how to install it."""
    if importlib.util.find_spec("keras") is None:
        raise RbdmError("training needs Keras: pip install 'rbdm[train]'")
