"""The pictures of a report can show what their labels rest on, if the weights of the annotation are still there."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rbdm.errors import WeightsError
from rbdm.export.explanation.blending import LIMITS
from rbdm.export.report import write_report
from rbdm.export.report.maps import LabelMaps
from rbdm.export.report.thumbnails import face_thumbnail
from rbdm.media.video import Video
from rbdm.prediction import Prediction
from tests.support.command_line import write_picture
from tests.support.pages import Parsed

HAPPY = 1


@pytest.fixture(scope="module")
def smile(annotator, face_clip, tmp_path_factory) -> Prediction:
    """A picture of a smiling face."""
    return annotator.annotate(write_picture(tmp_path_factory.mktemp("smile") / "smile.png", face_clip[0]))


def orange(picture: np.ndarray) -> np.ndarray:
    return np.asarray(picture[..., 0].astype(int) - picture[..., 2] > 40)


@pytest.mark.parametrize("size", [72, 144])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_the_map_lies_on_the_face_of_the_thumbnail(smile, size, scale):
    """What speaks for Happy is the mouth: its key point, as the detector gives it, is in the middle of the orange."""
    with Video(smile.video) as video:
        frame = next(iter(video))
        picture = face_thumbnail(frame, smile.boxes[0], size, scale)
        found = LabelMaps(smile).over(picture, frame, smile.boxes[0], scale, HAPPY)
    rows, columns = np.nonzero(orange(found))
    assert found.shape == picture.shape and len(rows) > 20
    # The box of the face takes the share 1 / scale of the thumbnail, and the mouth is in the lower part of the box.
    assert 0.5 < rows.mean() / size < 0.5 + 0.5 / scale
    assert abs(columns.mean() / size - 0.5) < 0.15


def page_of(prediction: Prediction, folder: Path, with_maps: bool) -> Parsed:
    write_report([prediction], folder / "page.html", with_maps)
    return Parsed((folder / "page.html").read_text(encoding="utf-8"))


def test_every_picture_of_a_page_has_a_map_if_wanted(smile, tmp_path):
    pictures = page_of(smile, tmp_path, True).all("img")
    assert len(pictures) == 2
    for picture in pictures:
        assert picture["data-map"].startswith("data:image/jpeg;base64,") and picture["data-map"] != picture["src"]
    assert LIMITS in page_of(smile, tmp_path, True).text


def test_a_page_without_maps_says_nothing_of_them(smile, tmp_path):
    parsed = page_of(smile, tmp_path, False)
    assert not any("data-map" in picture for picture in parsed.all("img"))
    assert not [button for button in parsed.all("button") if "data-maps" in button]
    assert LIMITS not in parsed.text


def test_other_weights_than_those_of_the_annotation_are_refused(smile):
    with pytest.raises(WeightsError, match=r"is not the file that smile\.png was annotated with"):
        LabelMaps(replace(smile, weights_sha256="0" * 64))


def test_8_bit_weights_are_refused(smile):
    from rbdm.network.weights import find_weights

    options = replace(smile.options, weights="open-int8")
    with pytest.raises(WeightsError, match="only 32-bit weights can be explained"):
        LabelMaps(replace(smile, options=options, weights_sha256=find_weights("open-int8").sha256))
