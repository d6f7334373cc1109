"""The public names of `rbdm`: each can be imported, other names are an error, and type checkers see the types."""

import importlib.resources
import re

import pytest

import rbdm
from rbdm.version import __version__

NAMES = ["Annotator", "Explanation", "Options", "Prediction", "Progress", "RbdmError", "__version__", "annotate"]


def test_these_are_the_public_names():
    assert rbdm.__all__ == NAMES
    assert set(rbdm._MODULES) == set(NAMES) - {"__version__"}
    assert set(NAMES) <= set(dir(rbdm))


@pytest.mark.parametrize("name", NAMES)
def test_each_public_name_can_be_imported(name):
    found: dict[str, object] = {}
    exec(f"from rbdm import {name}", found)
    assert found[name] is getattr(rbdm, name)
    assert name == "__version__" or found[name].__module__ == f"rbdm.{rbdm._MODULES[name]}"


def test_the_version_is_that_of_the_package():
    assert rbdm.__version__ == __version__
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.?\w+)?", __version__)


def test_an_unknown_name_is_an_error_that_names_it():
    with pytest.raises(AttributeError, match="module 'rbdm' has no attribute 'annotat'"):
        rbdm.annotat  # noqa: B018
    assert not hasattr(rbdm, "annotat")


def test_the_package_says_that_it_has_types():
    assert importlib.resources.files("rbdm").joinpath("py.typed").is_file()
