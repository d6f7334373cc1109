"""What is not loaded before it is needed: rbdm and its commands start fast."""

import subprocess
import sys


def loaded_by(code: str, *modules: str) -> list[str]:
    """Those of `modules` that are loaded after `code` has run in a process of its own."""
    code = f"import sys\n{code}\nprint(*[name for name in {modules!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_rbdm_alone_loads_neither_decoder_nor_network():
    assert loaded_by("import rbdm", "av", "cv2", "tensorflow", "keras", "numpy", "bokeh") == []
    assert loaded_by("import rbdm; rbdm.Options; rbdm.RbdmError", "av", "cv2", "tensorflow", "keras") == []


def test_a_prediction_loads_neither_pandas_nor_bokeh_nor_the_decoder():
    assert loaded_by("import rbdm.prediction", "pandas", "bokeh", "av", "cv2") == []


def test_looking_for_bokeh_does_not_load_it():
    assert loaded_by("import rbdm.export.report; rbdm.export.report.require_report()", "bokeh") == []
