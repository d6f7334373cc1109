"""An explanation holds the numbers of the annotation, and its map lies where the crop lies in the frame."""

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from rbdm.annotator import Annotator
from rbdm.errors import InputError, OptionError
from rbdm.expressions import EXPRESSIONS
from rbdm.media.video import Video
from rbdm.options import Options
from tests.support import clips
from tests.support.builders import write_boxes


def smooth(index: int, width: int, height: int) -> np.ndarray:
    """A picture without edges, so that resampling changes it little."""
    noise = np.random.default_rng(index).integers(0, 256, (9, 12, 1), np.uint8)
    grey = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.repeat(grey[:, :, None], 3, axis=2)


@pytest.mark.parametrize(
    ("box", "options"),
    [
        ((0.3, 0.3, 0.7, 0.6), {}),
        ((-0.1, -0.2, 0.4, 0.3), {}),
        ((0.7, 0.8, 1.2, 1.3), {}),
        ((0.3, 0.3, 0.7, 0.6), {"rotation": 90}),
        ((-0.1, 0.6, 0.4, 1.1), {"rotation": 180}),
        ((0.3, 0.3, 0.7, 0.6), {"aspect": Fraction(4, 3)}),
    ],
)
def test_the_map_lies_where_the_crop_lies(annotator, tmp_path, box, options):
    """If the map is the crop itself, the map in the frame is the picture, wherever the crop covers the frame."""
    video = clips.write_clip(tmp_path / "a.mp4", [0.0, 0.1], size=(320, 240), draw=smooth, **options)
    boxes = write_boxes(tmp_path / "a.stream", [(*box, 0.9)] * 2)
    found = annotator.explain(video, boxes, at=0.0, target="Happy")
    with Video(video) as opened:
        picture = next(iter(opened)).rgb()
    np.testing.assert_array_equal(found.picture, picture)
    same = replace(found, map=found.crop[..., 0].astype(np.float32))
    inside = replace(found, map=np.ones_like(found.map)).frame_map > 0.999
    assert inside.sum() > 1000
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(float)
    assert np.abs(same.frame_map - grey)[inside].mean() < 2
    outside = replace(found, map=np.ones_like(found.map)).frame_map == 0
    assert not outside.any() or (found.frame_map[outside] == 0).all()


def test_the_numbers_are_those_of_the_annotation(annotator, face_clip):
    prediction = annotator.annotate(*face_clip)
    found = annotator.explain(*face_clip, at=1.0)
    assert found.frame == 25 and found.time == prediction.time[25]
    np.testing.assert_allclose(found.probabilities, prediction.probabilities[25], atol=1e-6)
    assert found.valence == pytest.approx(prediction.valence[25], abs=1e-6)
    winner = int(prediction.probabilities[25].argmax())
    assert found.target == EXPRESSIONS[winner].name
    assert found.value == pytest.approx(prediction.probabilities[25, winner], abs=1e-6)


def test_other_numbers_of_the_same_face(annotator, face_clip):
    happy = annotator.explain(*face_clip, at=1.0, target="happiness")
    valence = happy.of("valence")
    assert (happy.target, valence.target, valence.value) == ("Happy", "valence", happy.valence)
    assert valence.crop is happy.crop and not np.allclose(valence.map, happy.map)
    assert happy.of("Happy", "activation").method == "activation"
    assert [share.region for share in happy.shares] == ["brows and eyes", "nose", "mouth", "rest"]
    assert max(happy.shares, key=lambda share: share.supports).region == "mouth"


def test_five_classes(face_clip):
    five = Annotator(Options(weights="open", device="cpu", num_expressions=5))
    found = five.explain(*face_clip, at=1.0, target="Happy")
    assert found.value == pytest.approx(found.probabilities[1] / found.probabilities[:5].sum())
    with pytest.raises(OptionError, match="choose one of"):
        five.explain(*face_clip, at=1.0, target="Anger")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"at": 1.0, "target": "talking"}, OptionError),
        ({"at": 1.0, "method": "gradient"}, OptionError),
        ({"at": 60.0}, InputError),
    ],
)
def test_what_cannot_be_explained(annotator, face_clip, arguments, error):
    with pytest.raises(error):
        annotator.explain(*face_clip, **arguments)
