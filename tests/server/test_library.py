"""The server's library is the one that runs us, else the one that is installed."""

import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from rbdm.errors import RbdmError
from rbdm.server.library import library, library_name


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is imported and nothing is known from before."""
    for name in ("discover_utils", "nova_utils"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    library_name.cache_clear()
    yield
    library_name.cache_clear()


@pytest.mark.parametrize("name", ["discover_utils", "nova_utils"])
def test_the_library_that_runs_us(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, f"{name}.part", ModuleType("part"))
    assert library_name() == name
    assert library("part") is sys.modules[f"{name}.part"]


def test_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RbdmError, match="pip install hcai-discover-utils"):
        library_name()
