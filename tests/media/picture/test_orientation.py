"""Pictures are turned and mirrored for display as players do it."""

from types import SimpleNamespace

import numpy as np
import pytest

from rbdm.media.picture.orientation import orientation_of
from rbdm.media.video import Video
from tests.support import clips


@pytest.mark.parametrize(
    ("rotation", "mirrored", "corners"),
    [
        (90, False, ["top right", "bottom right", "top left", "bottom left"]),
        (-90, False, ["bottom left", "top left", "bottom right", "top right"]),
        (180, False, ["bottom right", "bottom left", "top right", "top left"]),
        (0, True, ["top right", "top left", "bottom right", "bottom left"]),
    ],
)
def test_frames_are_turned_as_players_turn_them(tmp_path, rotation, mirrored, corners):
    path = clips.write_clip(tmp_path / "a.mp4", [0], rotation=rotation, mirrored=mirrored)
    with Video(path) as video:
        (frame,) = video
    assert clips.corner_colours(frame.rgb()) == corners
    assert frame.rgb().shape == (frame.height, frame.width, 3) == (video.height, video.width, 3)
    assert (frame.width, frame.height) == ((48, 64) if abs(rotation) == 90 else (64, 48))


class NoSideData(SimpleNamespace):
    """A frame of PyAV that cannot list its side data, as happens with kinds that PyAV does not know."""

    @property
    def side_data(self):
        raise ValueError("not a kind of side data")


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_frame_without_a_readable_display_matrix_is_turned_by_its_rotation(rotation):
    image = clips.picture(0, 64, 48)
    turned = orientation_of(NoSideData(rotation=rotation)).apply(image)
    np.testing.assert_array_equal(turned, np.rot90(image, rotation // 90))
