"""A region is enlarged to what FFmpeg converts at once, stays inside the frame, and keeps what was wanted."""

from hypothesis import given
from hypothesis import strategies as st

from rbdm.media.picture.region import Region, enlarged

places, lengths = st.integers(-500, 2500), st.integers(1, 1500)
even_sizes = st.integers(1, 1000).map(lambda half: 2 * half)


@given(places, places, lengths, lengths, even_sizes, even_sizes)
def test_the_enlarged_region_contains_what_was_wanted(left, top, wide, tall, width, height):
    region = enlarged(Region(left, top, left + wide, top + tall), width, height)
    for first, last, wanted_first, wanted_last, size in (
        (region.left, region.right, left, left + wide, width),
        (region.top, region.bottom, top, top + tall, height),
    ):
        assert 0 <= first < last <= size
        assert first % 2 == 0
        assert (last - first) % 64 == 0 or (first, last) == (0, size)
        if wanted_first < size and wanted_last > 0:
            assert first <= max(wanted_first, 0)
            assert last >= min(wanted_last, size)


def test_the_last_column_and_row_of_an_odd_size_are_not_left_out():
    region = enlarged(Region(540, 260, 700, 400), 641, 359)
    assert (region.right, region.bottom) == (641, 359)
