"""Derives a LiteRT model from Keras weights, in its own process: TensorFlow takes seconds and much memory to load."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rbdm.errors import WeightsError

_OURS = "rbdm.errors.WeightsError: "


def derive(weights: Path, input_size: int, target: Path) -> None:
    """Write the float32 LiteRT model of our network with these weights, by running this file with TensorFlow.

    Raises:
        WeightsError: the weights do not fit, or TensorFlow is not installed.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=target.parent).close()
    except OSError as error:
        raise WeightsError(f"{target.parent}: derived models cannot be kept here ({error.strerror})") from error
    package = str(Path(__file__).parents[1])
    environment = {
        **os.environ,
        "KERAS_BACKEND": "tensorflow",
        "PYTHONUTF8": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "PYTHONPATH": os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH")))),
    }
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        beside = Path(folder) / target.name
        command = [sys.executable, "-m", "rbdm.convert", str(weights), str(input_size), str(beside)]
        done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", errors="replace")
        if done.returncode:
            lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            ours = [line.removeprefix(_OURS) for line in lines if line.startswith(_OURS)]
            raise WeightsError(ours[-1] if ours else f"{weights}: no LiteRT model can be derived ({lines[-1]})")
        os.replace(beside, target)


def main(weights: Path, input_size: int, target: Path) -> None:
    """What `derive` runs: read, check, convert, write."""
    try:
        import tensorflow as tf
    except ImportError as error:
        raise WeightsError(f"{weights}: reading it needs TensorFlow: pip install 'rbdm[keras]'") from error
    from rbdm.model import build_model
    from rbdm.tensors import assign, read_tensors

    model = build_model(input_size)
    assign(model, read_tensors(weights), weights)
    target.write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
