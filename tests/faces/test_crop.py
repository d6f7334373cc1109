"""The crop that the network sees is the square of the formula, bilinear, with a black border."""

import cv2
import numpy as np
import pytest

from rbdm.faces.crop import crop, crop_matrix
from rbdm.network.manifest import OFFICIAL_CROP_SCALE
from tests.faces.box_rows import FACE, PART_OUTSIDE
from tests.support import clips


def test_crop_matrix_is_the_formula():
    width, height, size = 640, 360, 224
    ymin, xmin, ymax, xmax = np.array(FACE[:4]) * (height, width, height, width)
    side = ((xmax - xmin) + (ymax - ymin)) / 1.1
    matrix = crop_matrix(FACE, width, height, OFFICIAL_CROP_SCALE, size)
    assert matrix.shape == (2, 3)
    for x, y in [(0, 0), (100, 50), (xmax, ymin)]:
        expected = [
            size * ((x - (xmin + xmax) / 2) / side + 0.5),
            size * ((y - (ymin + ymax) / 2) / side + 0.5),
        ]
        np.testing.assert_allclose(matrix @ (x, y, 1), expected, atol=1e-9)


def test_crop_scale_1_is_the_box_itself_where_it_is_square():
    matrix = crop_matrix((0.25, 0.25, 0.75, 0.75), 100, 100, 1.0, 50)
    np.testing.assert_allclose(matrix, [[1, 0, -25], [0, 1, -25]])


@pytest.mark.parametrize("box", [FACE, PART_OUTSIDE, (-0.5, -0.5, 1.5, 1.5), (0.5, 0.5, 0.51, 0.51)])
def test_crop_is_bilinear_with_a_black_border(box):
    image = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    image = cv2.GaussianBlur(image, (0, 0), 2)
    expected = bilinear(image, crop_matrix(box, 120, 90, OFFICIAL_CROP_SCALE, 224), 224)
    assert np.abs(crop(image, box, 224, OFFICIAL_CROP_SCALE) - expected).max() <= 1


def bilinear(image, matrix, size):
    """(size, size, 3) float64: `image` mapped by `matrix`, by the definition."""
    inverse = cv2.invertAffineTransform(matrix)
    x, y = (
        inverse[axis, axis] * index + inverse[axis, 2] for axis, index in enumerate(np.meshgrid(*[np.arange(size)] * 2))
    )
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    result = np.zeros((size, size, 3))
    for dx, weight_x in ((0, 1 - (x - left)), (1, x - left)):
        for dy, weight_y in ((0, 1 - (y - top)), (1, y - top)):
            column, row = left + dx, top + dy
            inside = (column >= 0) & (column < image.shape[1]) & (row >= 0) & (row < image.shape[0])
            pixels = image[np.where(inside, row, 0), np.where(inside, column, 0)].astype(float)
            result += pixels * (weight_x * weight_y * inside)[..., None]
    return result


def test_crop_is_written_into_the_batch():
    image = clips.picture(0, 120, 90)
    batch = np.full((3, 96, 96, 3), 7, np.uint8)
    result = crop(image, FACE, 96, 0.85, out=batch[1])
    assert np.shares_memory(result, batch)
    np.testing.assert_array_equal(batch[1], crop(image, FACE, 96, 0.85))
    assert (batch[[0, 2]] == 7).all()


@pytest.mark.parametrize(
    "out",
    [
        np.empty((96, 96, 3), np.float32),
        np.empty((96, 96), np.uint8),
        np.empty((96, 192, 3), np.uint8)[:, ::2],
    ],
)
def test_an_array_that_opencv_could_not_write_into_is_refused(out):
    with pytest.raises(ValueError, match="out must be"):
        crop(clips.picture(0, 120, 90), FACE, 96, 0.85, out=out)


def test_grey_is_luma_in_all_channels():
    image = np.full((90, 120, 3), (200, 60, 40), np.uint8)
    grey = crop(image, (0, 0, 1, 1), 224, 0.5, grey=True)
    assert np.abs(grey.astype(int) - round(0.299 * 200 + 0.587 * 60 + 0.114 * 40)).max() <= 1
