"""The server's library in this process: session managers for a request, and jobs of ours without a server."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.server.job import begin_job
from rbdm.server.patches import apply_patches

pytest.importorskip("discover_utils", reason="needs the extra server")
from discover_utils.data.provider.data_manager import DatasetManager


def in_job(action: Callable[[], Any]) -> Any:
    """Run `action` as the server runs our job: in a thread of its own, with the patches."""
    result: list[Any] = []
    error: list[BaseException] = []

    def job() -> None:
        try:
            begin_job()
            apply_patches()
            result.append(action())
        except BaseException as raised:
            error.append(raised)

    thread = threading.Thread(target=job)
    thread.start()
    thread.join()
    if error:
        raise error[0]
    return result[0]


def file_output(path: Path, id: str = "expression", kind: str = "discrete", **more: Any) -> dict[str, Any]:
    """An entry of a request's data: an annotation to be written to a file."""
    return {"src": f"file:annotation:{kind}", "type": "output", "id": id, "uri": str(path), **more}


def loaded(*descriptions: dict[str, Any]) -> Any:
    """The library's session manager for these entries of a request, loaded in a job."""

    def load() -> Any:
        manager = DatasetManager(data_description=list(descriptions), source_context={"request": {}})
        manager.load()
        return manager.sessions[manager.session_names[0]]["manager"]

    return in_job(load)


def two_classes() -> Prediction:
    """Four frames: two of a class, one without a face, one of another class."""
    time = np.array([0, 0.0337, 0.0671, 0.1], np.float64)
    probabilities = np.full((4, 8), 0.02, np.float32)
    probabilities[:2, 1] = probabilities[2:, 6] = 0.86
    value = np.array([0.123456, -0.5, np.nan, 1], np.float32)
    probabilities[2] = np.nan
    confidence = np.array([0.9, 0.8, 0, 0.7], np.float32)
    face = ~np.isnan(value)
    boxes = np.where(face[:, None], np.float32([0.2, 0.3, 0.6, 0.5]), np.float32(np.nan))
    numbers = time, probabilities, value, -value, confidence, 0.1337, 30.0
    frames = {
        "frame_end": np.append(time[1:], 0.1337),
        "starts_run": time == 0,
        "frame_size": np.tile([640, 360], (4, 1)),
    }
    weights = {"weights": "open", "weights_sha256": "a" * 64, "version": "1.2.3"}
    video = {"width": 640, "height": 360, "video": Path("a.mp4"), "options": Options()}
    return Prediction(*numbers, **weights, inferred=face, boxes=boxes, **frames, **video)
