"""Whatever the file is, as many rows come out as frames are decoded, each with a frame's own time and its own face."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbdm.annotator import Annotator
from rbdm.faces.boxes import read_boxes
from rbdm.media.video import Video
from rbdm.ssi import Stream, write_stream
from tests.support import clips

KINDS: dict[str, dict[str, Any]] = {
    "constant rate": {"times": clips.constant(40)},
    "variable rate": {"times": [0, 0.01, 0.2, 0.25, 0.5, 1.3]},
    "B-frames": {"times": clips.constant(40), "options": {"bf": "2", "preset": "medium"}},
    "edit list": {"times": clips.constant(20, start=-8 / 30), "options": {"bf": "2", "preset": "medium"}},
    "one frame": {"times": [0.0]},
    "odd size": {"times": clips.constant(8), "size": (641, 359), "pix_fmt": "yuv444p"},
    "rotated": {"times": clips.constant(8), "rotation": 90},
    "10 bits": {"times": clips.constant(8), "pix_fmt": "yuv420p10le"},
    "full range": {"times": clips.constant(8), "pix_fmt": "yuvj420p"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_as_many_rows_as_frames(kind: str, tmp_path: Path, annotator: Annotator) -> None:
    video = clips.write_clip(tmp_path / "clip.mp4", **KINDS[kind])
    with Video(video) as frames:
        times = [frame.time for frame in frames]
    confidences = np.linspace(0.6, 0.9, len(times), dtype=np.float32)
    boxes = np.column_stack([np.tile(np.float32([0.2, 0.2, 0.8, 0.8]), (len(times), 1)), confidences])
    write_stream(tmp_path / "clip.stream", Stream(boxes, 30.0))
    told: list[str] = []
    prediction = annotator.annotate(video, tmp_path / "clip.stream", warn=told.append)
    # The pictures start again from the first one after 28, which looks like a cut. One clip has a gap.
    assert [line for line in told if "is cut at" not in line and "no frames from" not in line] == []
    assert prediction.time.tolist() == times
    assert prediction.has_face.all() and np.allclose(prediction.face_confidence, confidences)


def test_faces_cut_out_of_frames_give_what_whole_frames_give(
    face_clip: tuple[Path, Path], annotator: Annotator
) -> None:
    rows = read_boxes(face_clip[1], 0.5).rows
    with Video(face_clip[0]) as frames:
        whole = annotator.predict(np.stack([frame.rgb() for frame in frames]), rows)
    cut = annotator.annotate(*face_clip)
    assert np.abs(cut.probabilities - whole.probabilities).max() <= 0.01
    assert np.abs(cut.valence - whole.valence).max() <= 0.01
