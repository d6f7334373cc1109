"""A conversion that fails is one line that names the weights, and leaves no file."""

import subprocess
import sys
from pathlib import Path

import pytest

from rbdm.errors import WeightsError
from rbdm.network.conversion import convert_to_tflite, main


def test_without_tensorflow_weights_to_derive_are_an_error_that_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(WeightsError, match=r"mine\.h5: .*TensorFlow: pip install"):
        main(tmp_path / "mine.h5", 224, tmp_path / "mine.tflite")


@pytest.mark.parametrize(
    ("printed", "message"),
    [
        ("Traceback (most recent call last):\n  …\nrbdm.errors.WeightsError: mine.h5: of another network\n", None),
        ("", "mine.h5"),
        ("Traceback (most recent call last):\n  …\nMemoryError\n", "mine.h5"),
    ],
    ids=["ours", "killed", "other"],
)
def test_a_failure_to_derive_is_one_line_that_names_the_weights(tmp_path, monkeypatch, printed, message):
    failed = subprocess.CompletedProcess([], 1, "", printed)
    monkeypatch.setattr("rbdm.network.conversion.subprocess.run", lambda *_, **__: failed)
    with pytest.raises(WeightsError) as caught:
        convert_to_tflite(Path("mine.h5"), 224, tmp_path / "mine.tflite")
    assert (message or "mine.h5: of another network") in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
