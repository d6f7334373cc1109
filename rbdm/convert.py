"""Derives a LiteRT model from Keras weights, in its own process: TensorFlow takes seconds and much memory to load."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rbdm.errors import WeightsError


def derive(weights: Path, input_size: int, target: Path) -> None:
    """Write the float32 LiteRT model of our network with these weights, by running this file with TensorFlow.

    Raises:
        WeightsError: the weights do not fit, or TensorFlow is not installed.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
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
            lines = done.stderr.strip().splitlines() or ["no message"]
            raise WeightsError(lines[-1].removeprefix("rbdm.errors.WeightsError: "))
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
