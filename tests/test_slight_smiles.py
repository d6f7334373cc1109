"""The parts of `benchmarks/slight_smiles` that need no data: pictures with known points, and hand-made labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.slight_smiles.judgement import is_slight, judge
from benchmarks.slight_smiles.pictures import blend, change_light, is_frontal, reshape_mouth
from benchmarks.slight_smiles.trials import HEADS, TRIALS, Trial, batches
from tests.support.builders import fast

SIDE = 200
FRONTAL = np.array([(0.35, 0.3), (0.35, 0.7), (0.55, 0.5), (0.75, 0.5), (0.4, 0.1), (0.4, 0.9)])
"""Eyes 0.4 apart, and 0.4 above the mouth: a corner of the mouth is 0.168 from its middle."""


def turned(points: np.ndarray, degrees: float) -> np.ndarray:
    """The points turned around the middle of the picture, in its plane."""
    angle = np.radians(degrees)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (points - 0.5) @ matrix + 0.5


def dot(y: float, x: float) -> np.ndarray:
    rows, columns = (np.mgrid[0:SIDE, 0:SIDE] + 0.5) / SIDE
    return (255 * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 0.0002)).astype(np.uint8)


def place(image: np.ndarray) -> np.ndarray:
    """The centre of what is bright, as fractions of the picture."""
    weights = image / image.sum()
    rows, columns = (np.mgrid[0:SIDE, 0:SIDE] + 0.5) / SIDE
    return np.array([(weights * rows).sum(), (weights * columns).sum()])


@fast
@given(st.floats(-40, 40), st.sampled_from([-0.168, 0.168]))
def test_the_corners_of_a_mouth_move_up_however_the_head_is_tilted(degrees, corner):
    points = turned(FRONTAL, degrees)
    at = turned(np.array([[0.75, 0.5 + corner]]), degrees)[0]
    moved = place(reshape_mouth(dot(*at), points, lift=0.1)) - at
    up = turned(np.array([[-0.5, 0.5]]), degrees)[0] - turned(np.array([[0.5, 0.5]]), degrees)[0]
    assert moved @ up == pytest.approx(0.04, abs=0.008), "a tenth of the 0.4 between eyes and mouth"


def test_only_the_mouth_moves():
    forehead = dot(0.2, 0.5)
    np.testing.assert_allclose(reshape_mouth(forehead, FRONTAL, 0.15, 0.1, 0.05, 0.05), forehead, atol=2)
    mouth = dot(0.75, 0.4)
    np.testing.assert_array_equal(reshape_mouth(mouth, FRONTAL, 0.0), mouth)


def test_other_moves_of_the_mouth():
    left, below = dot(0.75, 0.332), dot(0.81, 0.5)
    assert place(reshape_mouth(left, FRONTAL, 0, widen=0.1))[1] < 0.315
    assert place(reshape_mouth(left, FRONTAL, 0, shift=0.1))[0] < 0.735
    assert place(reshape_mouth(below, FRONTAL, 0, gape=0.1))[0] > 0.82


def test_frontal_faces():
    assert is_frontal(FRONTAL)
    assert is_frontal(turned(FRONTAL, 30))
    aside = FRONTAL.copy()
    aside[2, 1] += 0.1
    assert not is_frontal(aside), "the nose is beside the middle of the eyes"
    assert not is_frontal(FRONTAL * np.nan)
    assert not is_frontal((FRONTAL - 0.5) * 0.3 + 0.5), "too small"


def test_blending_a_face_with_itself_changes_little_and_a_share_of_none_nothing():
    face = np.random.default_rng(0).integers(0, 256, (12, 12)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
    np.testing.assert_allclose(blend(face, FRONTAL, face, FRONTAL, 0.5), face, atol=2)
    np.testing.assert_array_equal(blend(face, FRONTAL, 255 - face, turned(FRONTAL, 10), 0.0), face)


def test_a_blended_face_is_laid_on_the_eyes_and_the_mouth():
    moved = np.clip(FRONTAL + 0.05, 0, 1)
    smiling, neutral = dot(*moved[0]), dot(0.9, 0.9)
    assert place(blend(neutral, FRONTAL, smiling, moved, 1.0)) == pytest.approx(FRONTAL[0], abs=0.03)


@fast
@given(st.integers(0, 2**32 - 1))
def test_other_light_keeps_the_order_of_grey_values(seed):
    image = np.arange(256, dtype=np.uint8)[None]
    assert (np.diff(change_light(image, np.random.default_rng(seed)).astype(int)) >= 0).all()


def labels(*rows: dict[int, float]) -> np.ndarray:
    table = np.zeros((len(rows), 8), np.float32)
    for row, shares in zip(table, rows, strict=True):
        row[list(shares)] = list(shares.values())
    return table


def test_what_a_slight_smile_is():
    faces = labels({0: 0.7, 1: 0.3}, {0: 0.9, 1: 0.1}, {0: 0.3, 1: 0.7}, {3: 0.5, 1: 0.5}, {0: 0.4, 1: 0.4, 2: 0.2})
    assert is_slight(faces).tolist() == [True, False, False, False, True]


def test_the_figures_of_a_row():
    truth = labels({0: 0.7, 1: 0.3}, {0: 0.5, 1: 0.5}, {0: 1.0}, {0: 0.9, 2: 0.1}, {1: 1.0})
    found = labels({1: 0.9, 0: 0.1}, {0: 0.6, 1: 0.4}, {0: 0.8, 1: 0.2}, {1: 0.7, 0: 0.3}, {1: 1.0})
    judgement = judge(found, truth, truth, truth)
    assert judgement[:2] == pytest.approx((3 / 5, 1))
    assert judgement[3:] == pytest.approx((1 / 2, 1 / 2, 3 / 4))
    assert judgement.cells()[:2] == ["60.0%", "100.0%"]
    assert not judgement.is_promising, "it is not exact enough"
    assert judgement._replace(valid=0.85).is_promising


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.name)
def test_every_batch_has_the_sets_in_the_shares_of_the_trial(trial):
    made = {name: (np.full((20, 4), i, np.float32), labels(*[{i: 1.0}] * 20)) for i, name in enumerate(trial.mix)}
    plain = Trial("", trial.cut, trial.mix)
    values, targets = next(batches(plain, made, seed=0))
    assert len(values) == len(targets["emotions"]) == len(targets["valence_arousal"])
    assert [(values[:, 0] == i).mean() for i in range(len(made))] == pytest.approx(list(trial.mix.values()), abs=0.02)
    np.testing.assert_allclose(next(batches(trial, made, seed=0))[1]["emotions"].sum(axis=1), 1, atol=1e-5)


def test_only_neutral_and_happy_faces_are_mixed():
    truth = labels(*[{0: 1.0}, {1: 1.0}, {2: 1.0}] * 5)
    values, targets = next(batches(Trial("", HEADS, mixed=1.0), {"train": (truth, truth)}, seed=0))
    np.testing.assert_allclose(values, targets["emotions"], atol=1e-6)
    assert set(values[:, 2].tolist()) == {0.0, 1.0}
    assert ((values[:, 0] > 0) & (values[:, 0] < 1)).any()


def test_slight_smiles_are_drawn_more_often():
    truth = labels({0: 0.7, 1: 0.3}, {0: 1.0})
    values, _ = next(batches(Trial("", HEADS, slight=3), {"train": (truth, truth)}, seed=0))
    assert (values[:, 1] > 0).mean() == pytest.approx(0.75, abs=0.07)
