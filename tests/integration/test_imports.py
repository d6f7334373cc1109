"""What is not loaded before it is needed: rbdm and its commands start fast."""

import subprocess
import sys

import pytest


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


def test_the_pages_of_the_app_load_neither_decoder_nor_network_nor_plots():
    pytest.importorskip("nicegui", reason="needs the extra app")
    pages = "; ".join(f"import rbdm.app.pages.{name}.page" for name in ("analyze", "results", "help"))
    assert loaded_by(f"import rbdm.app.start, rbdm.app.server; {pages}", "av", "cv2", "bokeh", "h5py", "rich") == []


def test_a_run_on_one_machine_needs_no_dask(face_clip, tmp_path):
    """Not even the package: a user without the extra `cluster` has none."""
    dask = ("dask", "distributed", "dask_jobqueue")
    help_text = loaded_by("from rbdm.cli.main import run; run(['annotate', '--help'])", *dask)
    assert len(help_text) > 100 and not set(help_text[-3:]) & set(dask)
    arguments = ["annotate", str(face_clip[0]), "--out", str(tmp_path), "--weights", "open", "--device", "cpu"]
    more = ["--part", "1/1", "--run-log", str(tmp_path / "run.jsonl")]
    missing = f"sys.modules.update(dict.fromkeys({dask!r}))"  # to import them is an error
    loaded_by(f"{missing}\nfrom rbdm.cli.main import run\nassert run({arguments + more!r}) == 0")
    assert len(list(tmp_path.iterdir())) == 7
