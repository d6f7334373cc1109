"""Two installed modules in one process: each uses the package beside it."""

import subprocess
import sys
from pathlib import Path

import pytest

from rbdm import __version__
from rbdm.client.install import install

IMPORT = """
import importlib.util, sys
def load(path):
    spec = importlib.util.spec_from_file_location("ns_cl_rbdm", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return sys.modules[module.RBDM.__module__].__file__
for path in sys.argv[1:]:
    before = list(sys.path)
    print(load(path))
    assert sys.path == before
"""


def test_each_module_uses_the_package_beside_it(tmp_path: Path) -> None:
    pytest.importorskip("discover_utils", reason="needs the extra server")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first, second = install(tmp_path / "a"), install(tmp_path / "b")
    paths = [str(folder / "rbdm.py") for folder in (first, second, first)]
    run = subprocess.run([sys.executable, "-c", IMPORT, *paths], capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert [Path(line).parents[2] for line in run.stdout.split("\n") if line.endswith("module.py")] == [
        first,
        second,
        first,
    ]


def test_a_module_that_was_replaced_while_the_server_runs_is_refused(tmp_path: Path) -> None:
    """The package is in memory, and a server reads only the script again for each job."""
    pytest.importorskip("discover_utils", reason="needs the extra server")
    script = install(tmp_path) / "rbdm.py"
    version = script.parent / "rbdm" / "version.py"
    program = (
        IMPORT
        + f"""
version = __import__("pathlib").Path({str(version)!r})
version.write_text(version.read_text().replace('__version__ = "', '__version__ = "9'))
load(sys.argv[1])
"""
    )
    run = subprocess.run([sys.executable, "-c", program, script], capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 1
    last = run.stderr.splitlines()[-1]
    assert last == (
        f"RuntimeError: rbdm was replaced on disk, and the server still runs its version {__version__}: "
        "restart the server"
    )
