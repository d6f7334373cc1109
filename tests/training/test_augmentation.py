"""Faces are varied at random, by a seed, and stay recognisable."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rbdm.training.augmentation import augment
from tests.support.labelled_faces import picture


class TestAugment:
    @pytest.mark.parametrize("shape", [(48, 48), (48, 48, 3), (300, 200, 3), (9, 31)])
    @pytest.mark.parametrize("size", [32, 224])
    def test_grey_square(self, shape: tuple[int, ...], size: int) -> None:
        image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        for seed in range(20):
            varied = augment(image, size, np.random.default_rng(seed))
            assert varied.shape == (size, size) and varied.dtype == np.uint8

    def test_seed_decides(self) -> None:
        varied = [augment(picture(), 96, np.random.default_rng(seed)) for seed in (1, 1, 2)]
        np.testing.assert_array_equal(varied[0], varied[1])
        assert not np.array_equal(varied[1], varied[2])

    def test_every_seed_another(self) -> None:
        assert len({augment(picture(), 48, np.random.default_rng(seed)).tobytes() for seed in range(30)}) == 30

    def test_face_is_left_as_it_was(self) -> None:
        image = picture()
        for seed in range(10):
            augment(image, 96, np.random.default_rng(seed))
        np.testing.assert_array_equal(image, picture())

    def test_face_remains_recognisable(self) -> None:
        """On average the varied face is the face: nothing turns it upside down, negates it or loses it."""
        image = cv2.GaussianBlur(np.tile(np.linspace(30, 220, 96)[:, None], (1, 96)).astype(np.uint8), (0, 0), 3)
        mean = np.mean([augment(image, 96, np.random.default_rng(seed)) for seed in range(200)], axis=0)
        assert np.corrcoef(mean.ravel(), image.ravel())[0, 1] > 0.95

    @given(
        hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, min_side=8, max_side=60)), st.integers(0, 2**32)
    )
    def test_any_face(self, image: npt.NDArray[np.uint8], seed: int) -> None:
        assert augment(image, 40, np.random.default_rng(seed)).shape == (40, 40)
