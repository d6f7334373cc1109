"""What several test files share, made once: a clip with a real face, the open weights, Keras 2 files."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from rbdm.annotator import Annotator
from rbdm.client.demo_clip import write_clip
from rbdm.network.weights import Weights, find_weights
from rbdm.options import Options
from tests.support.fixture_types import Keras2Files, Rbdm
from tests.support.paths import FACES

# The same cases in every run. To search for new ones: pytest --hypothesis-profile=default
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def faces_folder() -> Path:
    """Real clips with the box streams of a real detector; they are too big to come with the code."""
    if not FACES.is_dir():
        pytest.skip(f"the real clips are not at {FACES}")
    return FACES


@pytest.fixture(scope="session")
def face_clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """75 frames of a real face and their box stream, made from a picture that ships with a package."""
    return write_clip(tmp_path_factory.mktemp("face clip"))


@pytest.fixture(scope="session")
def open_weights() -> Weights:
    """The open weights, found and checked."""
    return find_weights("open")


@pytest.fixture(scope="session")
def annotator() -> Annotator:
    """The open weights on the CPU, loaded once."""
    return Annotator(Options(weights="open", device="cpu"))


@pytest.fixture(scope="session")
def keras2(tmp_path_factory: pytest.TempPathFactory) -> Keras2Files:
    """Written in a process of its own: two generations of Keras do not belong in one."""
    pytest.importorskip("tf_keras", reason="needs tf-keras, which writes as TensorFlow 2.10 did")
    folder = tmp_path_factory.mktemp("keras 2")
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, str(Path(__file__).parent / "support" / "write_keras2.py"), str(folder)]
    done = subprocess.run(command, env=quiet, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with np.load(folder / "expected.npz") as expected:
        arrays = dict(expected)
    tensors: dict[str, list[np.ndarray]] = {}
    for key in sorted(key for key in arrays if "/" in key):
        tensors.setdefault(key.split("/")[0], []).append(arrays[key])
    return Keras2Files(folder, tensors, arrays["images"], arrays["emotions"], arrays["valence_arousal"])


@pytest.fixture
def rbdm(capsys: pytest.CaptureFixture[str]) -> Rbdm:
    """`rbdm ARGUMENTS…` in this process: its exit code, and the lines of its standard output and error."""
    from rbdm.cli.main import run

    def call(*arguments: object) -> tuple[int, list[str], list[str]]:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out.splitlines(), printed.err.splitlines()

    return call
