"""Values are not mixed over a cut, a gap, and a jump of the box; all three are said."""

import numpy as np

from rbdm.faces.locator import StreamFaces
from rbdm.media.video import Video
from tests.faces.box_rows import FACE, NO_FACE, boxes
from tests.support import clips

LEFT, RIGHT = (0.2, 0.0, 0.8, 0.4, 0.9), (0.2, 0.6, 0.8, 1.0, 0.9)


def located(path, rows, rate=30.0):
    with Video(path) as video:
        source = StreamFaces(video, boxes(rows, rate), len(rows))
        starts = [number for number, (_, (face,)) in enumerate(source) if face.starts_run]
    return starts, source.warnings()


def still(index, width, height):
    return clips.picture(3, width, height)


def two_shots(index, width, height):
    picture = clips.picture(3, width, height)
    return picture if index < 10 else np.ascontiguousarray(picture[::-1, ::-1])


def test_a_still_face_is_one_run(tmp_path):
    path = clips.write_clip(tmp_path / "a.mp4", clips.constant(20), draw=still)
    assert located(path, [FACE] * 20) == ([0], [])


def test_a_jump_of_the_box_starts_a_run(tmp_path):
    path = clips.write_clip(tmp_path / "a.mp4", clips.constant(20), draw=still)
    starts, warnings = located(path, [LEFT] * 8 + [RIGHT] * 12)
    assert starts == [0, 8]
    assert warnings == ["faces.stream: the box jumps to another place at 0.3 s: the stream may follow several people"]
    assert located(path, [LEFT] * 8 + [NO_FACE] + [RIGHT] * 11) == ([0], []), "a frame without a face ends a run anyway"


def test_a_cut_starts_a_run(tmp_path):
    path = clips.write_clip(tmp_path / "a.mp4", clips.constant(20), draw=two_shots, size=(320, 240))
    starts, warnings = located(path, [FACE] * 20)
    assert starts == [0, 10]
    assert warnings == [f"{path}: the video is cut at 0.3 s: the face after a cut may be another person's"]


def test_a_gap_starts_a_run(tmp_path):
    times = [*clips.constant(10), *clips.constant(10, start=5)]
    path = clips.write_clip(tmp_path / "a.mp4", times, draw=still)
    assert located(path, [FACE] * 20)[0] == [0, 10]
