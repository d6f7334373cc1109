"""A mask covers the asked share of an image, has soft edges, and moves with the map that it is made of."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbdm.errors import OptionError
from rbdm.training.masking.masks import EDGE, MODES, Floats, as_mode, check_share, mask_image, soft_mask

shapes = st.tuples(st.integers(24, 96), st.integers(24, 96))
shares = st.floats(0.05, 0.95)


def relevance(seed: int, size: int = 14) -> Floats:
    """A map without equal values, some of them negative."""
    return np.random.default_rng(seed).normal(0, 3, (size, size)).astype(np.float32)


class TestSoftMask:
    @settings(max_examples=50, deadline=None)  # a busy computer is not an error
    @given(st.integers(0, 1000), shapes, shares)
    def test_covers_the_share(self, seed: int, shape: tuple[int, int], share: float) -> None:
        mask = soft_mask(relevance(seed), shape, share)
        assert mask.shape == shape and mask.dtype == np.float32
        assert mask.min() >= 0 and mask.max() <= 1
        # The blur reflects the edges of the image: it moves the mask outwards and inwards alike.
        assert mask.mean() == pytest.approx(share, abs=0.02)

    @settings(max_examples=50, deadline=None)  # a busy computer is not an error
    @given(st.integers(0, 1000), shapes, shares)
    def test_mirrored_map_gives_the_mirrored_mask(self, seed: int, shape: tuple[int, int], share: float) -> None:
        one = relevance(seed)
        mask = soft_mask(one, shape, share)
        mirrored = soft_mask(np.ascontiguousarray(one[:, ::-1]), shape, share)
        # A pixel at the threshold may fall on the other side of it by rounding.
        assert np.abs(mirrored[:, ::-1] - mask).mean() < 2 / mask.size

    @settings(max_examples=50, deadline=None)  # a busy computer is not an error
    @given(st.integers(0, 1000), shares, st.floats(0.01, 100), st.floats(-5, 5))
    def test_unit_does_not_matter(self, seed: int, share: float, factor: float, offset: float) -> None:
        one = relevance(seed)
        same = soft_mask(one * np.float32(factor) + np.float32(offset), (48, 48), share)
        assert np.abs(same - soft_mask(one, (48, 48), share)).mean() < 2 / 48**2

    @settings(max_examples=50, deadline=None)  # a busy computer is not an error
    @given(st.integers(0, 1000))
    def test_larger_share_covers_more(self, seed: int) -> None:
        one, shape = relevance(seed), (48, 48)
        masks = [soft_mask(one, shape, share) for share in (0.2, 0.5, 0.8)]
        assert (masks[0] <= masks[1] + 1e-6).all() and (masks[1] <= masks[2] + 1e-6).all()

    def test_most_relevant_part_is_covered(self) -> None:
        one = np.tile(np.arange(14, dtype=np.float32) ** 2, (14, 1))
        mask = soft_mask(one, (56, 56), 5 / 14)
        assert (mask[:, 40:] > 0.99).all() and (mask[:, :32] < 0.01).all()

    def test_edges_are_soft(self) -> None:
        """From one side of a straight edge to the other, the mask rises steadily, over about four times the blur."""
        one = np.tile(np.arange(14, dtype=np.float32), (14, 1))
        row = soft_mask(one, (200, 200), 0.5)[100]
        assert (np.diff(row) >= -1e-6).all()
        assert ((row > 0.02) & (row < 0.98)).sum() == pytest.approx(4.1 * EDGE * 200, abs=3)

    def test_constant_map_covers_everything(self) -> None:
        """Nothing is more relevant than the rest: no part is chosen at will."""
        assert soft_mask(np.full((14, 14), 0.3, np.float32), (48, 48), 0.5).min() == pytest.approx(1)


class TestMaskImage:
    image = np.random.default_rng(0).integers(1, 256, (48, 40), np.uint8)
    mask = soft_mask(relevance(0), (48, 40), 0.5)
    inside, outside = mask > 0.999, mask < 0.001

    def test_positive_keeps_the_relevant_part(self) -> None:
        masked = mask_image(self.image, self.mask, "positive")
        np.testing.assert_array_equal(masked[self.inside], self.image[self.inside])
        assert not masked[self.outside].any()

    def test_negative_removes_the_relevant_part(self) -> None:
        masked = mask_image(self.image, self.mask, "negative")
        np.testing.assert_array_equal(masked[self.outside], self.image[self.outside])
        assert not masked[self.inside].any()

    def test_mean_fills_with_the_mean(self) -> None:
        masked = mask_image(self.image, self.mask, "mean")
        np.testing.assert_array_equal(masked[self.inside], self.image[self.inside])
        assert np.abs(masked[self.outside] - self.image.mean()).max() < 1

    def test_positive_and_negative_add_up_to_the_image(self) -> None:
        parts = [mask_image(self.image, self.mask, mode).astype(int) for mode in ("positive", "negative")]
        assert np.abs(sum(parts) - self.image.astype(int)).max() <= 1

    @pytest.mark.parametrize("mode", MODES)
    def test_colours_are_masked_one_by_one(self, mode: str) -> None:
        colours = np.random.default_rng(1).integers(0, 256, (48, 40, 3), np.uint8)
        masked = mask_image(colours, self.mask, as_mode(mode))
        assert masked.shape == colours.shape and masked.dtype == np.uint8
        for channel in range(3):
            alone = mask_image(np.ascontiguousarray(colours[..., channel]), self.mask, as_mode(mode))
            np.testing.assert_array_equal(masked[..., channel], alone)

    @pytest.mark.parametrize("mode", MODES)
    def test_image_is_left_as_it_was(self, mode: str) -> None:
        before = self.image.copy()
        mask_image(self.image, self.mask, as_mode(mode))
        np.testing.assert_array_equal(self.image, before)

    @pytest.mark.parametrize("mode", MODES)
    def test_mirrored(self, mode: str) -> None:
        masked = mask_image(self.image, self.mask, as_mode(mode))
        mirrored = mask_image(flipped(self.image), flipped(self.mask), as_mode(mode))
        np.testing.assert_array_equal(mirrored[:, ::-1], masked)


def flipped(values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    return cv2.flip(values, 1)


@pytest.mark.parametrize("mode", ["", "Positive", "median"])
def test_unknown_mode(mode: str) -> None:
    with pytest.raises(OptionError, match="positive, negative, mean"):
        as_mode(mode)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5, 50.0, float("nan")])
def test_impossible_share(share: float) -> None:
    with pytest.raises(OptionError, match="greater than 0 and less than 1"):
        check_share(share)
