"""A picture that cannot be found is one line that says what to install."""

import importlib.util

import pytest

from rbdm.client.demo_pictures import read_picture
from rbdm.errors import RbdmError


def test_a_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RbdmError, match=r"comes with matplotlib: pip install 'rbdm\[demo\]'"):
        read_picture("matplotlib", "mpl-data/sample_data/grace_hopper.jpg")


def test_a_picture_that_is_missing() -> None:
    with pytest.raises(RbdmError, match=r"scikit-image has no file data/none\.png"):
        read_picture("skimage", "data/none.png")
