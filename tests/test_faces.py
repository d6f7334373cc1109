"""What `rbdm.faces` promises: what is a box stream, which box belongs to which frame, what the crop is."""

import cv2
import numpy as np
import pytest

from rbdm.errors import InputError
from rbdm.faces.alignment import BoxAlignment
from rbdm.faces.boxes import check_boxes, read_boxes
from rbdm.faces.crop import crop, crop_matrix
from rbdm.media.frame_count import count_frames
from rbdm.media.video import Video
from rbdm.network.manifest import OFFICIAL_CROP_SCALE
from rbdm.ssi import Stream, write_stream
from tests.support import clips
from tests.support.paths import FACES, needs_faces

FACE = (0.2, 0.3, 0.8, 0.7, 0.9)
PART_OUTSIDE = (-0.3, 0.8, 0.4, 1.4, 0.9)
NO_FACE = (0.0, 0.0, 1.0, 1.0, 0.0)


def boxes(rows, sample_rate=30.0, start=0.0, face_confidence=0.5):
    """`rows` as a checked stream."""
    return check_boxes(Stream(np.array(rows), sample_rate, start), face_confidence, "faces.stream")


def paired(stream, times, frame_rate=30.0):
    """The rows of frames at `times`, and the warnings."""
    pairing = BoxAlignment(stream, len(times), frame_rate)
    return [pairing.row(index, time) for index, time in enumerate(times)], pairing.warnings()


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "bool"])
def test_any_number_type_is_read(tmp_path, dtype):
    write_stream(tmp_path / "faces.stream", Stream(np.array([(0, 0, 1, 1, 1)] * 3, dtype), 25.0, 2.0))
    stream = read_boxes(tmp_path / "faces.stream", 0.5)
    assert stream.rows.dtype == np.float32
    np.testing.assert_array_equal(stream.rows, [(0, 0, 1, 1, 1)] * 3)
    assert (stream.sample_rate, stream.start) == (25, 2)
    assert stream.name == str(tmp_path / "faces.stream")


def test_boxes_may_leave_the_frame_in_part():
    assert len(boxes([FACE, PART_OUTSIDE, NO_FACE]).rows) == 3


@pytest.mark.parametrize("row", [(np.nan, 0, 1, 1, 0.2), (5, 5, 6, 6, 0.2), (1, 1, 0, 0, 0.2)])
def test_rows_below_the_threshold_are_never_looked_at(row):
    assert len(boxes([FACE, row]).rows) == 2
    with pytest.raises(InputError, match="row 1"):
        boxes([FACE, row], face_confidence=0.2)


@pytest.mark.parametrize(
    ("rows", "kind", "says"),
    [
        ([FACE[:4]], {}, "dim is 4"),
        (np.empty((0, 5)), {}, "empty"),
        (np.full((2, 5), "a"), {}, "type"),
        ([FACE], {"sample_rate": 0.0}, "sr is 0"),
        ([FACE], {"sample_rate": np.nan}, "sr is nan"),
        ([FACE], {"start": np.inf}, "from is inf"),
        ([FACE, (0.2, np.nan, 0.8, 0.7, 0.9)], {}, "row 1: .*no numbers"),
        ([FACE, (0.2, 0.3, np.inf, 0.7, 0.9)], {}, "row 1: .*no numbers"),
        ([FACE, FACE, (0.8, 0.3, 0.2, 0.7, 0.9)], {}, "row 2: .*upside down"),
        ([(0.2, 0.3, 0.8, 0.3, 0.9)], {}, "row 0: .*empty"),
        ([FACE, (1.1, 0.3, 1.8, 0.7, 0.9)], {}, "row 1: .*outside the frame"),
        ([FACE, (0.2, -0.9, 0.8, -0.1, 0.9)], {}, "row 1: .*outside the frame"),
        ([FACE, (108, 192, 324, 448, 0.9)], {}, "row 1: .*fractions"),
        ([FACE, (*FACE[:4], 87.0)], {}, "row 1: confidence"),
        ([FACE, (*FACE[:4], np.nan)], {}, "row 1: confidence"),
    ],
)
def test_what_is_no_box_stream_is_refused_in_one_line(rows, kind, says):
    with pytest.raises(InputError, match=f"^faces.stream: .*{says}") as error:
        boxes(rows, **kind)
    assert "\n" not in str(error.value)


def test_as_many_rows_as_frames_pair_by_index_whatever_the_times():
    assert paired(boxes([FACE] * 4, 25.0), [0, 0.5, 0.51, 7.0]) == ([0, 1, 2, 3], [])
    assert paired(boxes([FACE], 30.0), [0.0], frame_rate=1) == ([0], [])


def test_other_counts_pair_by_time():
    rows, warnings = paired(boxes([FACE] * 10, 10.0), [0.0, 0.05, 0.1, 0.19, 0.55, 0.9, 0.99])
    assert rows == [0, 0, 1, 1, 5, 9, 9]
    assert warnings == []
    assert paired(boxes([FACE] * 5, 10.0, start=1.0), [1.0, 1.25, 1.4])[0] == [0, 2, 4]


@pytest.mark.parametrize("rate", [24000 / 1001, 25, 30000 / 1001, 30, 60, 26.39784, 120000 / 1001])
def test_rounded_rates_and_timestamps_stay_in_step_for_hours(rate):
    index = np.arange(0, int(4 * 3600 * rate), 997)
    times = np.round(index / rate, 3)
    pairing = BoxAlignment(boxes(np.tile(FACE, (index[-1] + 5, 1)), round(rate, 3)), int(index[-1]), rate)
    assert [pairing.row(int(i), float(time)) for i, time in zip(index, times, strict=True)] == index.tolist()


def test_frames_that_the_stream_does_not_reach_have_no_face_and_one_warning():
    rows, warnings = paired(boxes([FACE] * 3, 10.0, start=0.1), clips.constant(8, 10.0))
    assert rows == [None, 0, 1, 2, 2, None, None, None], "one row of tolerance after the last"
    (warning,) = warnings
    assert warning.startswith("faces.stream: 4 of 8 frames")


def test_a_stream_of_another_video_is_noticed():
    _, warnings = paired(boxes([FACE] * 300), clips.constant(60))
    assert len(warnings) == 1
    assert "another video" in warnings[0]


def test_frames_that_could_not_be_decoded_are_noticed():
    pairing = BoxAlignment(boxes([FACE] * 5), 5, 30.0)
    for index in range(3):
        pairing.row(index, index / 30)
    assert pairing.warnings() == ["faces.stream: 5 rows, but only 3 frames could be decoded"]


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


@needs_faces
@pytest.mark.parametrize("stem", ["single_face", "WolfgangLanger_Pexels", "no_face", "face_noface", "noface_face"])
def test_streams_of_real_clips_pair_with_every_frame(stem):
    (path,) = FACES.glob(f"{stem}.m[op][v4]")
    stream = read_boxes(FACES / f"{stem}.stream", 0.5)
    with Video(path) as video:
        pairing = BoxAlignment(stream, count_frames(path), video.sample_rate)
        rows = [pairing.row(index, frame.time) for index, frame in enumerate(video)]
    assert rows == list(range(len(stream.rows)))
    assert pairing.warnings() == []
