"""The server's library: `discover_utils`, or the older `nova_utils`."""

import importlib.util
import sys
from functools import cache
from typing import Any

from rbdm.errors import RbdmError

_LIBRARIES = ("discover_utils", "nova_utils")


@cache
def library_name() -> str:
    """`discover_utils` or `nova_utils`: the library that has been imported, else the one that is installed.

    Raises:
        RbdmError: neither is installed.
    """
    for name in _LIBRARIES:
        if name in sys.modules:
            return name
    for name in _LIBRARIES:
        if importlib.util.find_spec(name):
            return name
    raise RbdmError("the server's library is not installed: pip install hcai-discover-utils")


def library(module: str) -> Any:
    """A module of the server's library, such as `interfaces.server_module`."""
    return importlib.import_module(f"{library_name()}.{module}")
