"""The parts of a face follow its key points, and their shares add up to all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.explain.regions import REGIONS, region_of_pixels, shares
from tests.support.builders import fast

SIZE = 224
POINTS = np.array([(66, 68), (151, 68), (109, 117), (109, 160), (28, 82), (196, 82)], np.float32)


def region_at(points: np.ndarray, x: float, y: float) -> str:
    return REGIONS[region_of_pixels(points, SIZE)[round(y), round(x)]]


def test_places_of_an_upright_face():
    found = {name: region_at(POINTS, *place) for name, place in {
        "right eye": (66, 68), "left brow": (151, 40), "bridge of the nose": (109, 95), "tip": (109, 117),
        "mouth": (109, 160), "corner of the mouth": (70, 158), "chin": (109, 215), "cheek": (40, 120), "hair": (10, 5),
    }.items()}  # fmt: skip
    assert found == {
        "right eye": "brows and eyes", "left brow": "brows and eyes", "bridge of the nose": "nose", "tip": "nose",
        "mouth": "mouth", "corner of the mouth": "mouth", "chin": "rest", "cheek": "rest", "hair": "rest",
    }  # fmt: skip


def test_a_face_that_is_tilted_has_the_same_parts_in_other_places():
    turn = np.array([[0, -1], [1, 0]], np.float32)
    middle = np.full(2, (SIZE - 1) / 2, np.float32)
    tilted = region_of_pixels((POINTS - middle) @ turn.T + middle, SIZE)
    agree = np.mean(tilted == np.rot90(region_of_pixels(POINTS, SIZE), -1))
    assert agree > 0.995


def test_a_mirrored_face_has_mirrored_parts():
    mirrored = POINTS[[1, 0, 2, 3, 5, 4]] * (-1, 1) + (SIZE - 1, 0)
    expected = region_of_pixels(POINTS, SIZE)[:, ::-1]
    assert np.mean(region_of_pixels(mirrored.astype(np.float32), SIZE) == expected) > 0.995


@fast
@given(st.lists(st.floats(-300, 500, width=32), min_size=12, max_size=12))
def test_shares_add_up_to_1_wherever_the_points_are(numbers):
    relevance = np.random.default_rng(0).normal(size=(56, 56)).astype(np.float32)
    found = shares(relevance, np.array(numbers, np.float32).reshape(6, 2))
    assert [share.region for share in found] == list(REGIONS)
    for column in ("area", "supports", "opposes"):
        assert sum(getattr(share, column) for share in found) == pytest.approx(1, abs=1e-4)


def test_a_map_without_anything_against_has_no_shares_of_it():
    found = shares(np.ones((SIZE, SIZE), np.float32), POINTS)
    assert all(share.supports == pytest.approx(share.area, abs=1e-4) for share in found)
    assert all(np.isnan(share.opposes) for share in found)
