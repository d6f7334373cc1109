"""Converts Keras weights to a LiteRT model, in a separate process: TensorFlow loads slowly and takes much memory."""

import os
import subprocess
import sys
from pathlib import Path

from rbdm.errors import OutputError, WeightsError
from rbdm.files.atomic import atomic_write
from rbdm.files.resources import PACKAGE

_ERROR_PREFIX = f"{WeightsError.__module__}.{WeightsError.__qualname__}: "
"""How a line of a traceback with the message of a `WeightsError` starts."""


def convert_to_tflite(weights: Path, input_size: int, target: Path) -> None:
    """Write the float32 LiteRT model of the network with these weights. This runs TensorFlow in a separate process.

    Args:
        weights: the Keras weights file.
        input_size: height and width of the network's input in pixels.
        target: the LiteRT file; it is written completely or not at all.

    Raises:
        WeightsError: the weights do not fit, TensorFlow is not installed, or `target` cannot be written.
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
            temporary.touch()  # fails at once if the folder cannot be written, and not after the conversion
            command = [sys.executable, "-m", "rbdm.network.conversion", str(weights), str(input_size), str(temporary)]
            process = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", errors="replace")
            if process.returncode:
                raise WeightsError(_reason(weights, process.stderr, process.returncode))
    except (OutputError, OSError) as error:
        raise WeightsError(f"{target.parent}: cannot store converted models in this folder ({error})") from error


def _reason(weights: Path, stderr: str, code: int) -> str:
    """Why the conversion failed: the message of our own error if there is one, else the last line of standard error."""
    lines = stderr.strip().splitlines() or [f"exit code {code}"]
    ours = [line.removeprefix(_ERROR_PREFIX) for line in lines if line.startswith(_ERROR_PREFIX)]
    return ours[-1] if ours else f"{weights}: cannot be converted to a LiteRT model ({lines[-1]})"


def main(weights: Path, input_size: int, target: Path) -> None:
    """Read, check and convert the weights, and write the model; `convert_to_tflite` runs this in a separate process.

    Raises:
        WeightsError: the weights do not fit, or TensorFlow is not installed.
    """
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
