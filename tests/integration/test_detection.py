"""Faces that are found: on the real clips against the streams of another implementation of the same network."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from rbdm.annotator import Annotator, FrameResult, load_detector
from rbdm.client.demo_clip import SIZE
from rbdm.faces.alignment import BoxAlignment
from rbdm.faces.boxes import check_boxes, overlap
from rbdm.faces.detector import Detector
from rbdm.faces.locator import detect
from rbdm.media.decoder import Decoder
from rbdm.media.frame_count import count_frames
from rbdm.media.video import Video
from rbdm.nova.streams import BOX_TYPE
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.ssi import Stream, read_stream, write_stream
from tests.support import clips
from tests.support.decoding import first_rgb

# One worker detects the faces of the real clips, and all tests look at them.
pytestmark = pytest.mark.xdist_group("detection")

CLIPS = ("single_face.mp4", "WolfgangLanger_Pexels.mp4", "face_noface.mov", "noface_face.mov", "no_face.mp4")
SURE = 0.6


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


@pytest.fixture(scope="module")
def found(faces_folder: Path, detector: Detector) -> dict[str, Stream]:
    return {name: detect(faces_folder / name, detector) for name in CLIPS}


def squared(rows: np.ndarray, stream: Stream) -> np.ndarray:
    """Boxes of the shared streams without the factor of width to height that their heights have been stretched by."""
    width, height = map(int, stream.meta["size"].split(":"))
    rows, middle = rows.copy(), (rows[:, 0] + rows[:, 2]) / 2
    half = (rows[:, 2] - rows[:, 0]) * height / width / 2
    rows[:, 0], rows[:, 2] = middle - half, middle + half
    return rows


def test_agrees_with_another_implementation_on_real_clips(faces_folder, found):
    either = both = 0
    overlaps: list[float] = []
    for name, ours in found.items():
        theirs = read_stream((faces_folder / name).with_suffix(".stream"))
        mine, other = per_frame(ours, faces_folder / name), squared(theirs.data, theirs)
        assert len(mine) == len(other)
        sure = np.maximum(mine[:, 4], other[:, 4]) > SURE
        agreed = sure & (mine[:, 4] > 0) & (other[:, 4] > 0)
        either, both = either + sure.sum(), both + agreed.sum()
        overlaps += [float(overlap(a, b[None])[0]) for a, b in zip(mine[agreed], other[agreed], strict=True)]
    assert either > 700
    assert both >= 0.98 * either
    assert np.median(overlaps) >= 0.95


def per_frame(stream: Stream, video: Path) -> np.ndarray:
    """The row of each frame of a video."""
    with Video(video) as opened:
        pairing = BoxAlignment(check_boxes(stream, 0.5, "a.stream"), count_frames(video), opened.sample_rate)
        rows = [pairing.row(index, frame.time) for index, frame in enumerate(opened)]
    return stream.data[rows]


@pytest.mark.parametrize("name", CLIPS)
def test_stream_is_as_the_servers_module_writes_it(faces_folder, found, name, tmp_path):
    write_stream(tmp_path / "a.stream", found[name])
    stream, theirs = read_stream(tmp_path / "a.stream"), read_stream((faces_folder / name).with_suffix(".stream"))
    assert stream.data.dtype == np.float32
    assert (stream.media_type, stream.meta["size"]) == (BOX_TYPE, theirs.meta["size"])
    rows_per_frame = 1 if stream.meta.get("rows") is None else round(stream.sample_rate / theirs.sample_rate)
    assert stream.sample_rate == pytest.approx(theirs.sample_rate * rows_per_frame, abs=0.001 * rows_per_frame)
    width, height = map(int, stream.meta["size"].split(":"))
    seen = stream.data[stream.data[:, 4] > 0]
    assert seen[:, 4].min() >= 0.5
    np.testing.assert_allclose((seen[:, 2] - seen[:, 0]) * height, (seen[:, 3] - seen[:, 1]) * width, atol=1)
    previous = np.vstack([[0, 0, 1, 1, 0], stream.data[:-1]])
    missing = stream.data[:, 4] == 0
    np.testing.assert_array_equal(stream.data[missing, :4], np.float32(previous[missing, :4]))


def same(first: Prediction, second: Prediction) -> bool:
    names = ("time", "probabilities", "valence", "arousal", "face_confidence", "boxes")
    return all(np.array_equal(getattr(first, name), getattr(second, name), equal_nan=True) for name in names)


@pytest.fixture(
    scope="module", params=[Options(weights="open"), Options(weights="open", face_confidence=0.3, stride=3)]
)
def optioned(request: pytest.FixtureRequest) -> tuple[Annotator, Detector]:
    """An annotator and a detector of the same options."""
    return Annotator(request.param), load_detector(request.param)


@pytest.mark.filterwarnings("ignore:.*(the face that is followed may be|several faces in):UserWarning")
@pytest.mark.parametrize("name", ["face_noface.mov", "single_face.mp4"])
def test_annotating_over_the_written_stream_gives_the_same(faces_folder, tmp_path, name, optioned):
    annotator, detector = optioned
    write_stream(tmp_path / "a.stream", detect(faces_folder / name, detector))
    over_stream = annotator.annotate(faces_folder / name, tmp_path / "a.stream")
    assert same(annotator.annotate(faces_folder / name), over_stream)


def test_a_smile_is_found_without_a_stream(faces_folder, annotator):
    prediction = annotator.annotate(faces_folder / "single_face.mp4")
    likeliest = prediction.probabilities.argmax(axis=1)
    assert likeliest[0] == 0
    assert (likeliest[36:70] == 1).mean() > 0.9


@pytest.fixture(scope="module")
def whole(face_clip: tuple[Path, Path], annotator: Annotator) -> Prediction:
    """The face clip, annotated as a whole; its faces are found on the way."""
    return annotator.annotate(face_clip[0])


def test_streaming_gives_the_same_frame_by_frame(face_clip, annotator, whole):
    results = list(annotator.stream(face_clip[0]))
    assert all(isinstance(result, FrameResult) for result in results)
    columns = [np.array(column) for column in zip(*results, strict=True)]
    expected = (whole.time, whole.boxes, whole.face_confidence, whole.probabilities, whole.valence, whole.arousal)
    for column, array in zip(columns, expected, strict=True):
        np.testing.assert_array_equal(np.float32(column), np.float32(array))


def test_streaming_may_stop_early(face_clip, annotator, whole):
    results = annotator.stream(face_clip[0])
    assert next(results).time == 0
    results.close()
    assert same(annotator.annotate(face_clip[0]), whole)


def test_face_of_the_newcomers_clip_is_where_it_is(face_clip, detector):
    ours, known = detect(face_clip[0], detector), read_stream(face_clip[1]).data
    assert (ours.data[:, 4] > SURE).all()
    assert ours.meta["size"] == f"{SIZE}:{SIZE}"
    middle = (ours.data[:, :2] + ours.data[:, 2:4]) / 2 - (known[:, :2] + known[:, 2:4]) / 2
    assert np.abs(middle).max() < 0.05


@pytest.mark.parametrize("shape", [(4000, 4000), (3000, 5000), (5400, 3000)])
def test_a_portrait_of_16_megapixels(face_clip, detector, tmp_path, shape):
    picture = cv2.resize(first_rgb(face_clip[0]), (2500, 2500), interpolation=cv2.INTER_CUBIC)
    large = np.full((*shape, 3), 90, np.uint8)
    large[200:2700, 300:2800] = picture
    cv2.imwrite(str(tmp_path / "a.jpg"), large[:, :, ::-1])
    row = detect(tmp_path / "a.jpg", detector).data[0]
    with Video(face_clip[0]) as video:
        small = detector.detect(next(iter(video)))[0]
    scale = np.array([2500, 2500] * 2) / np.array([*shape] * 2)
    expected = small[:4] * scale + np.array([200, 300] * 2) / np.array([*shape] * 2)
    assert row[4] > 0.7
    assert overlap(row, expected[None].astype(np.float32))[0] > 0.8


def test_people_in_a_photograph_are_told_apart(faces_folder, detector):
    boxes = {whom: detect(faces_folder / "multi_face.jpg", detector, whom).data[0] for whom in "12345"}
    left = [float(box[1]) for box in boxes.values() if box[4]]
    assert len(left) >= 3
    assert left == sorted(left)
    largest = detect(faces_folder / "multi_face.jpg", detector).data[0]
    assert any(np.array_equal(largest, box) for box in boxes.values())
    leftmost = detect(faces_folder / "multi_face.jpg", detector, "leftmost").data[0]
    np.testing.assert_array_equal(leftmost, boxes["1"])


def test_where_there_is_no_face_there_is_none(detector, annotator, tmp_path):
    clip = clips.write_clip(tmp_path / "a.mp4", clips.constant(5), size=(320, 240))
    np.testing.assert_array_equal(detect(clip, detector).data, np.float32([[0, 0, 1, 1, 0]] * 5))
    prediction = annotator.annotate(clip)
    assert not prediction.has_face.any()
    assert np.isnan(prediction.boxes).all()


def test_a_video_is_decoded_once(face_clip, detector, annotator, tmp_path, monkeypatch):
    """An AVI: its frames cannot be counted without decoding them."""
    decoded = []
    decode = Decoder._decode_packet

    def counted(self: Decoder, packet: object) -> tuple[list[object], bool]:
        frames, damaged = decode(self, packet)
        decoded.extend(frames)
        return frames, damaged

    monkeypatch.setattr(Decoder, "_decode_packet", counted)
    clip = clips.write_clip(tmp_path / "a.avi", clips.constant(40), size=(320, 240), codec="mpeg4")
    for work in (
        lambda: detect(clip, detector),
        lambda: annotator.annotate(clip),
        lambda: list(annotator.stream(clip)),
    ):
        decoded.clear()
        work()
        assert len(decoded) == 40
