"""Masked faces give masked images to training and whole ones to everything else."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rbdm.errors import OptionError
from rbdm.network.weights import Weights
from rbdm.training.augmentation import augment
from rbdm.training.labelled_faces import LabelledFaces
from rbdm.training.masking.faces import MaskedFaces, mask_faces
from rbdm.training.masking.masks import Floats, mask_image, soft_mask
from tests.support.labelled_faces import some_faces

SCALE = 0.85


@pytest.fixture
def maps(monkeypatch: pytest.MonkeyPatch) -> Floats:
    """The maps in the place of the teacher's."""
    found = np.random.default_rng(0).normal(size=(6, 14, 14)).astype(np.float32)
    monkeypatch.setattr("rbdm.training.masking.faces.maps_of_teacher", lambda faces, teacher, progress: found)
    return found


@pytest.fixture
def masked(maps: Floats, open_weights: Weights) -> MaskedFaces:
    return mask_faces(some_faces(6), open_weights, "positive", 0.4)


def test_image_is_masked(masked: MaskedFaces, maps: Floats) -> None:
    for i in range(6):
        whole = some_faces(6).image(i, SCALE)
        expected = mask_image(whole, soft_mask(maps[i], whole.shape[:2], 0.4), "positive")
        np.testing.assert_array_equal(masked.image(i, SCALE), expected)


def test_whole_face_for_everything_else(masked: MaskedFaces) -> None:
    whole = some_faces(6)
    np.testing.assert_array_equal(masked.network_input(2, 96, SCALE, True), whole.network_input(2, 96, SCALE, True))
    np.testing.assert_array_equal(masked.rgb(2), whole.rgb(2))
    np.testing.assert_array_equal(masked.probabilities, whole.probabilities)


def test_taken_faces_keep_their_maps(masked: MaskedFaces) -> None:
    taken = masked.take(np.array([4, 1]))
    assert isinstance(taken, MaskedFaces) and len(taken) == 2
    np.testing.assert_array_equal(taken.image(0, SCALE), masked.image(4, SCALE))
    np.testing.assert_array_equal(taken.image(1, SCALE), masked.image(1, SCALE))


def test_other_processes_see_the_same(masked: MaskedFaces) -> None:
    copy = pickle.loads(pickle.dumps(masked))
    np.testing.assert_array_equal(copy.image(3, SCALE), masked.image(3, SCALE))


def test_augmentation_moves_the_mask_with_the_face(masked: MaskedFaces, maps: Floats) -> None:
    """With one seed, a white face and its mask become: what the augmentation makes of the mask itself."""
    white = replace(masked, images=[np.full((48, 48), 255, np.uint8)] * 6)
    picture_of_mask = np.rint(soft_mask(maps[0], (48, 48), 0.4) * 255).astype(np.uint8)
    for seed in range(20):
        one, other = (augment(x, 96, np.random.default_rng(seed)) for x in (white.image(0, SCALE), picture_of_mask))
        np.testing.assert_array_equal(one, other)


class TestBoxes:
    """The square that the teacher sees may be larger or smaller than that of the training."""

    @staticmethod
    def centred(scale_of_teacher: float, weights: Weights) -> MaskedFaces:
        """A white picture with a box in its middle, and a teacher to whom the middle of its square matters."""
        place = np.linspace(-1, 1, 14, dtype=np.float32)
        maps = -np.maximum(np.abs(place)[:, None], np.abs(place))[None]
        faces = some_faces(1)
        box = np.array([[100, 100, 100, 100]], np.float32)
        faces = replace(faces, images=[np.full((300, 300), 255, np.uint8)], boxes=box)
        teacher = replace(weights, entry=replace(weights.entry, crop_scale=scale_of_teacher))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("rbdm.training.masking.faces.maps_of_teacher", lambda *_, **__: maps)
            return mask_faces(faces, teacher, "positive", 0.25)

    def test_same_square(self, open_weights: Weights) -> None:
        faces = self.centred(0.8, open_weights)
        image = faces.image(0, 0.8)
        assert image.shape[:2] == (80, 80)
        assert (image.mean(axis=-1) > 127).mean() == pytest.approx(0.25, abs=0.03)
        assert image[40, 40].min() == 255 and image[:15].max() < 5 and image[:, -15:].max() < 5

    def test_larger_square_of_the_training(self, open_weights: Weights) -> None:
        """The part of the picture that the teacher did not see is never kept; the relevant part stays in the middle."""
        faces = self.centred(0.4, open_weights)
        bright = faces.image(0, 0.8).mean(axis=-1) > 127
        assert bright[30:50, 30:50].all() and not bright[:18].any() and not bright[:, :18].any()

    def test_off_centre_part_stays_where_it_is(self, open_weights: Weights) -> None:
        """The map's upper left quarter, seen in a square of 120 pixels, lies at the same pixels in one of 80."""
        faces = self.centred(1.2, open_weights)
        quarter = np.zeros((1, 14, 14), np.float32)
        quarter[0, :7, :7] = np.arange(1, 50).reshape(7, 7)
        bright = replace(faces, maps=quarter).image(0, 0.8).mean(axis=-1) > 127
        assert bright[10:36, 10:36].mean() > 0.5 and not bright[45:].any() and not bright[:, 45:].any()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_impossible_share(open_weights: Weights, maps: Floats, share: float) -> None:
    with pytest.raises(OptionError, match="mask_share"):
        mask_faces(some_faces(6), open_weights, "mean", share)


def test_the_record_of_a_run_says_how(masked: MaskedFaces, open_weights: Weights) -> None:
    assert (masked.masking.teacher, masked.masking.mode, masked.masking.share) == (open_weights.sha256, "positive", 0.4)
    assert isinstance(masked, LabelledFaces)


def test_unreadable_face(open_weights: Weights, tmp_path: Path) -> None:
    """The error names the file, before anything is computed."""
    faces = replace(some_faces(1), images=[tmp_path / "gone.png"])
    with pytest.raises(Exception, match=r"gone\.png"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("CACHE_DIR", str(tmp_path))
        mask_faces(faces, open_weights, "mean", 0.5)
