"""A cut is found, also between two people at the same place; movement and changes of light are not taken for one."""

import numpy as np
import pytest

from rbdm.media.cuts import with_cuts

FACE = np.array([0.3, 0.4, 0.7, 0.6, 0.9], np.float32)


class Shot:
    """A frame that is a picture of brightness, sampled as `Frame` samples."""

    def __init__(self, grey):
        self.grey = grey

    def brightness(self, top, left, bottom, right, count):
        places = (np.arange(count) + 0.5) / count
        height, width = self.grey.shape
        rows = np.clip(((top + places * (bottom - top)) * height).astype(int), 0, height - 1)
        columns = np.clip(((left + places * (right - left)) * width).astype(int), 0, width - 1)
        return self.grey[rows[:, None], columns].astype(np.float32)


def texture(seed, height=180, width=320, grain=12):
    """A picture of soft random blobs."""
    rng = np.random.default_rng(seed)
    small = rng.uniform(0, 255, (height // grain + 2, width // grain + 2))
    return np.kron(small, np.ones((grain, grain)))[:height, :width]


def with_face(background, seed):
    """The background with another texture at the place of the face."""
    picture = background.copy()
    top, left, bottom, right = (FACE[:4] * [180, 320, 180, 320]).astype(int)
    picture[top:bottom, left:right] = texture(seed, bottom - top, right - left, 6)
    return picture


def cuts(pictures, rows=None, noise=3.0):
    rng = np.random.default_rng(0)
    shots = [Shot(np.clip(picture + rng.normal(0, noise, picture.shape), 0, 255)) for picture in pictures]
    rows = [FACE] * len(shots) if rows is None else rows
    frames = ((shot, {0: row}) for shot, row in zip(shots, rows, strict=True))
    return [index for index, (_, _, people) in enumerate(with_cuts(frames)) if 0 in people]


@pytest.mark.parametrize("at", [1, 2, 7, 18, 19])
def test_another_shot_is_a_cut(at):
    assert cuts([texture(1)] * at + [texture(2)] * (20 - at)) == [at]


def test_another_person_at_the_same_place_is_a_cut():
    background = texture(1)
    assert cuts([with_face(background, 2)] * 10 + [with_face(background, 3)] * 10) == [10]


def test_several_cuts_are_found():
    assert cuts([texture(number // 12) for number in range(60)]) == [12, 24, 36, 48]


def test_a_mixed_frame_between_two_shots_is_one_cut():
    mixed = (texture(1) + texture(2)) / 2
    assert cuts([texture(1)] * 10 + [mixed] + [texture(2)] * 10) == [10]


@pytest.mark.parametrize("speed", [1, 4, 16])
def test_a_moving_camera_is_no_cut(speed):
    wide = texture(1, width=1200)
    still, moves = [wide[:, :320]] * 8, [wide[:, speed * n : speed * n + 320] for n in range(20)]
    assert cuts(still + moves + moves[-1:] * 8) == []


def test_a_change_of_brightness_and_a_slow_fade_are_no_cuts():
    dark = texture(1) * 0.5
    assert cuts([dark] * 10 + [dark + 60] * 10) == []
    fade = [texture(1) * (1 - part) + texture(2) * part for part in np.linspace(0, 1, 25)]
    assert cuts([texture(1)] * 8 + fade + [texture(2)] * 8) == []


def test_noise_in_the_dark_is_no_cut():
    assert cuts([np.full((180, 320), 12.0)] * 40, noise=6) == []


def test_a_face_that_appears_is_no_cut():
    background, nobody = texture(1), np.array([0.3, 0.4, 0.7, 0.6, 0], np.float32)
    pictures = [background] * 10 + [with_face(background, 2)] * 10
    assert cuts(pictures, [nobody] * 10 + [FACE] * 10) == []
