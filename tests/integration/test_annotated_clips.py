"""Real clips with the box streams of a real detector: annotated, exported in every format, and painted."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rbdm.annotator import Annotator
from rbdm.export.annotations import write_annotations
from rbdm.export.elan import write_elan
from rbdm.export.stream import probability_stream
from rbdm.export.table import write_csv
from rbdm.expressions import EXPRESSIONS
from rbdm.media.frame_count import count_frames
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.ssi import read_stream, write_stream
from rbdm.timeline.annotations import expression_segments
from tests.support.elan import elan_schemas, elan_segments
from tests.support.films import frames, overlay, sounds

# Each clip is annotated once for all tests of this file.
pytestmark = pytest.mark.xdist_group("real clips")

CLIPS = ("single_face.mp4", "WolfgangLanger_Pexels.mp4", "face_noface.mov", "noface_face.mov", "no_face.mp4")
NEUTRAL, HAPPY = 0, 1


@pytest.fixture(scope="module")
def of_real_clip(annotator: Annotator, faces_folder: Path) -> Callable[[str], Prediction]:
    found: dict[str, Prediction] = {}

    def of(name: str) -> Prediction:
        if name not in found:
            stream = faces_folder / Path(name).with_suffix(".stream").name
            found[name] = annotator.annotate(faces_folder / name, stream)
        return found[name]

    return of


@pytest.mark.parametrize("name", CLIPS)
def test_every_real_clip_has_a_row_for_each_frame(of_real_clip, faces_folder, name):
    prediction = of_real_clip(name)
    assert len(prediction.time) == count_frames(faces_folder / name)
    assert (np.diff(prediction.time) > 0).all()
    assert prediction.time[0] >= 0
    assert prediction.time[-1] < prediction.duration
    np.testing.assert_array_equal(prediction.has_face, prediction.face_confidence >= 0.5)
    faces = prediction.probabilities[prediction.has_face]
    np.testing.assert_allclose(faces.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(("name", "cartoon"), [("face_noface.mov", slice(72, None)), ("noface_face.mov", slice(0, 96))])
def test_there_are_no_segments_in_the_cartoon_where_the_stream_has_no_face(
    of_real_clip, faces_folder, annotator, name, cartoon
):
    prediction = of_real_clip(name)
    confidence = read_stream(faces_folder / Path(name).with_suffix(".stream").name).data[:, 4]
    np.testing.assert_array_equal(prediction.has_face, confidence >= 0.5)
    in_cartoon = np.zeros(len(prediction.time), bool)
    in_cartoon[cartoon] = True
    assert prediction.has_face[~in_cartoon].mean() > 0.95
    assert prediction.has_face[in_cartoon].mean() < 0.5
    segments = expression_segments(prediction, annotator.options)
    ends = np.append(prediction.time[1:], prediction.duration)
    for start, end in zip(prediction.time[~prediction.has_face], ends[~prediction.has_face], strict=True):
        assert not ((segments["from"] < end - 1e-9) & (segments["to"] > start + 1e-9)).any()
    assert np.max(segments["from"][1:] - segments["to"][:-1]) > 1


def test_a_neutral_face_that_begins_to_smile(of_real_clip):
    prediction = of_real_clip("single_face.mp4")
    expression = prediction.probabilities.argmax(axis=1)
    start, end = slice(0, 15), slice(-30, -5)
    assert (expression[start] == NEUTRAL).mean() > 0.9
    assert (expression[end] == HAPPY).mean() > 0.9
    assert prediction.valence[end].mean() > prediction.valence[start].mean() + 0.2
    assert [expression.name for expression in EXPRESSIONS[:2]] == ["Neutral", "Happy"]


def test_a_sad_face_that_ends_up_laughing(of_real_clip):
    prediction = of_real_clip("WolfgangLanger_Pexels.mp4")
    expression = prediction.probabilities.argmax(axis=1)
    assert np.bincount(expression[-100:]).argmax() == HAPPY
    assert prediction.valence[-100:].mean() > prediction.valence[:100].mean() + 0.2


@pytest.mark.parametrize("name", ["single_face.mp4", "face_noface.mov", "no_face.mp4"])
def test_real_clips_in_every_format(of_real_clip, request, tmp_path, name):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pympi.Elan", reason="needs pympi-ling")
    etree = pytest.importorskip("lxml.etree", reason="needs lxml")
    schemas = elan_schemas(request.config.cache.mkdir("elan-schemas"))
    prediction = of_real_clip(name)
    before = {path: path.read_bytes() for path in write_annotations(prediction, Options(), tmp_path, "a").values()}
    write_csv([prediction], tmp_path / "a.csv")
    write_elan(prediction, tmp_path / "a.eaf")
    write_stream(tmp_path / "a.stream", probability_stream(prediction))
    write_annotations(prediction, Options(), tmp_path, "a")
    assert {path: path.read_bytes() for path in before} == before
    read = pandas.read_csv(tmp_path / "a.csv")
    assert len(read) == len(prediction.time) and read["valence"].notna().sum() == prediction.has_face.sum()
    assert schemas["EAFv2.8"].validate(etree.parse(str(tmp_path / "a.eaf")))
    assert len(elan_segments(tmp_path / "a.eaf")) == len(expression_segments(prediction, Options()))


@pytest.mark.parametrize("name", ["face_noface.mov", "WolfgangLanger_Pexels.mp4", "single_face.mp4"])
def test_real_clips_keep_times_and_sound(of_real_clip, faces_folder, tmp_path, name):
    clip = faces_folder / name
    prediction = of_real_clip(name)
    path = overlay(prediction, tmp_path)
    time, _ = frames(path)
    np.testing.assert_allclose(time, prediction.time, atol=1e-5)
    ((codec, before),), ((copied, after),) = sounds(clip), sounds(path)
    assert copied == codec
    assert after[-1, 0] == pytest.approx(before[-1, 0], abs=0.002)
    assert after[:, 1].sum() == pytest.approx(before[:, 1].sum(), abs=0.03)
