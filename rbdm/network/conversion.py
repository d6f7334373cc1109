"""Derives a LiteRT model from Keras weights, in its own process: TensorFlow takes seconds and much memory to load."""

import os
import subprocess
import sys
from pathlib import Path

from rbdm.errors import OutputError, WeightsError
from rbdm.files.atomic import atomic_write
from rbdm.files.resources import PACKAGE

_OUR_ERROR = f"{WeightsError.__module__}.{WeightsError.__qualname__}: "


def convert_to_tflite(weights: Path, input_size: int, target: Path) -> None:
    """Write the float32 LiteRT model of our network with these weights, by running this file with TensorFlow.

    Raises:
        WeightsError: the weights do not fit, or TensorFlow is not installed.
    """
    environment = {
        **os.environ,
        "KERAS_BACKEND": "tensorflow",
        "PYTHONUTF8": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(PACKAGE.parent), os.environ.get("PYTHONPATH")))),
    }
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(target) as temporary:
            command = [sys.executable, "-m", "rbdm.network.conversion", str(weights), str(input_size), str(temporary)]
            done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", errors="replace")
            if done.returncode:
                raise WeightsError(_reason(weights, done.stderr, done.returncode))
    except (OutputError, OSError) as error:
        raise WeightsError(f"{target.parent}: derived models cannot be kept here ({error})") from error


def _reason(weights: Path, stderr: str, code: int) -> str:
    """Why the conversion failed: our own error's message if there is one, else the last line."""
    lines = stderr.strip().splitlines() or [f"exit code {code}"]
    ours = [line.removeprefix(_OUR_ERROR) for line in lines if line.startswith(_OUR_ERROR)]
    return ours[-1] if ours else f"{weights}: no LiteRT model can be derived ({lines[-1]})"


def main(weights: Path, input_size: int, target: Path) -> None:
    """What `convert_to_tflite` runs: read, check, convert, write."""
    try:
        import tensorflow as tf
    except ImportError as error:
        raise WeightsError(f"{weights}: reading it needs TensorFlow: pip install 'rbdm[keras]'") from error
    from rbdm.network.architecture import build_model
    from rbdm.network.keras_weights import assign, read_tensors

    model = build_model(input_size)
    assign(model, read_tensors(weights), weights)
    target.write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
