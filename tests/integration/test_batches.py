"""Batches are made by other processes; what is in them depends on the seed and the epoch alone."""

import io
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbdm.errors import InputError
from rbdm.expressions import EXPRESSIONS
from rbdm.training.batches import Batches
from rbdm.training.dataset import load_faces
from rbdm.training.labelled_faces import LabelledFaces
from tests.support.labelled_faces import picture
from tests.support.paths import ROOT


def some_faces(count: int = 12) -> LabelledFaces:
    """Faces of which the first has no expression and the second no valence and arousal."""
    rows = [
        {"image": picture(20 * i), "expression": EXPRESSIONS[i % 8].name, "valence": 0.1, "arousal": -0.1}
        for i in range(count)
    ]
    rows[0] |= {"expression": None}
    rows[1] |= {"valence": None, "arousal": None}
    return load_faces(rows)


def epochs_of(faces: LabelledFaces, seed: int, epochs: Sequence[int], processes: int) -> list[bytes]:
    """Everything in the batches of each epoch."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "cpu_count", lambda: processes)
        with Batches(faces, 4, 32, 1.0, 0.5, seed) as batches:
            return [_bytes(batches.epoch(epoch)) for epoch in epochs]


def _bytes(epoch: Iterator[Any]) -> bytes:
    content = io.BytesIO()
    for images, targets, known in epoch:
        for values in (images, *(part[name] for part in (targets, known) for name in sorted(part))):
            content.write(values.tobytes())
    return content.getvalue()


class TestBatches:
    def test_shape_and_what_is_unknown(self) -> None:
        faces = some_faces()
        with Batches(faces, 5, 32, 1.0, 0.5, 0) as batches:
            found = list(batches.epoch(0)) + list(batches.epoch(1))
            assert batches.steps == 2 and len(found) == 4
        for images, targets, known in found:
            assert images.shape == (5, 32, 32, 1) and images.dtype == np.uint8
            assert targets["emotions"].shape == (5, 8) and targets["valence_arousal"].shape == (5, 2)
            for name, values in targets.items():
                assert np.isfinite(values).all() and known[name].shape == (5,)
            assert targets["emotions"].sum(axis=1) == pytest.approx(known["emotions"]), "weight 0 where unknown"
        weights = np.concatenate([batch[2]["emotions"] for batch in found])
        assert set(weights) <= {0.0, 1.0}

    def test_fewer_faces_than_a_batch(self) -> None:
        with Batches(some_faces(3), 8, 32, 1.0, 0.0, 0) as batches:
            assert [len(images) for images, _, _ in batches.epoch(0)] == [8]

    def test_seed_and_epoch_decide_and_nothing_else(self) -> None:
        """Not how many processes there are, nor which epochs came before."""
        faces = some_faces()
        zero, one = epochs_of(faces, 3, (0, 1), processes=1)
        assert epochs_of(faces, 3, (1, 0), processes=3) == [one, zero]
        assert zero != one and epochs_of(faces, 4, (0,), processes=2) != [zero]

    def test_unreadable_picture_is_said(self, tmp_path: Path) -> None:
        faces = load_faces([{"image": tmp_path / "gone.png", "expression": "neutral"}])
        with Batches(faces, 2, 32, 1.0, 0.5, 0) as batches, pytest.raises(InputError, match=r"gone\.png"):
            list(batches.epoch(0))

    def test_no_process_stays(self) -> None:
        before = {child.pid for child in multiprocessing.active_children()}
        with Batches(some_faces(), 4, 32, 1.0, 0.5, 0) as batches:
            next(batches.epoch(0))
        assert {child.pid for child in multiprocessing.active_children()} <= before


def test_face_of_one_pixel() -> None:
    """In a process of its own, since it may never end."""
    code = (
        "import numpy as np; from rbdm.training.augmentation import augment\n"
        "for seed in range(60): augment(np.zeros((1, 20), np.uint8), 32, np.random.default_rng(seed))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=20, cwd=ROOT)
