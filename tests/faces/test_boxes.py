"""What is a box stream and what is refused as none, and how much two boxes overlap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rbdm.errors import InputError
from rbdm.faces.boxes import overlap, overlap_of_two, read_boxes
from rbdm.ssi import Stream, write_stream
from tests.faces.box_rows import FACE, NO_FACE, PART_OUTSIDE, boxes


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
        ([FACE, (0.2, np.nan, 0.8, 0.7, 0.9)], {}, "row 1: .*not a finite number"),
        ([FACE, (0.2, 0.3, np.inf, 0.7, 0.9)], {}, "row 1: .*not a finite number"),
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


def random_boxes(count: int) -> st.SearchStrategy[np.ndarray]:
    corners = arrays.arrays(np.float32, (count, 2), elements=st.floats(-1, 1, width=32))
    sides = arrays.arrays(np.float32, (count, 2), elements=st.floats(0, 2, width=32))
    return st.builds(lambda corner, side: np.hstack([corner, corner + side]), corners, sides)


@given(random_boxes(1), random_boxes(5))
def test_overlap_is_symmetric_and_between_0_and_1(one, others):
    found = overlap(one[0], others)
    assert ((found >= 0) & (found <= 1 + 1e-5)).all()
    back = [float(overlap(other, one)[0]) for other in others]
    np.testing.assert_allclose(found, back, rtol=1e-4, atol=1e-6)


@given(random_boxes(1))
def test_a_box_overlaps_itself_wholly(box):
    area = np.prod(box[0, 2:] - box[0, :2])
    if area > 1e-6:
        assert overlap(box[0], box)[0] == pytest.approx(1, abs=1e-4)


@given(st.lists(st.floats(0, 1, width=32), min_size=8, max_size=8))
def test_the_overlap_of_two_boxes_is_that_of_one_with_many(corners):
    y, x = (np.reshape(part, (2, 2)) for part in (corners[:4], corners[4:]))
    one, two = (
        np.float32([min(rows), min(columns), max(rows), max(columns)]) for rows, columns in zip(y, x, strict=True)
    )
    assert overlap_of_two(one, two) == pytest.approx(float(overlap(one, two[None])[0]), abs=1e-5)
