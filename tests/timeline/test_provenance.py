"""Every result says which weights, version, options, video and boxes it was made from."""

from dataclasses import replace
from pathlib import Path

from rbdm.options import Options
from rbdm.timeline.provenance import provenance
from tests.support.builders import steady


def test_a_result_says_where_it_came_from():
    prediction = replace(
        steady([True]),
        video=Path("folder/Interview 1.mp4"),
        options=Options(num_expressions=5, smoothing_ms=100, stride=2, merge_segments=False),
        boxes_from="Interview 1.stream",
        video_bytes=1234,
    )
    assert provenance(prediction) == {
        "weights": "open",
        "weights_sha256": "ab" * 32,
        "rbdm_version": "1.0.0",
        "options": "num_expressions=5;face_confidence=0.5;merge_segments=False;smoothing_ms=100.0;stride=2",
        "video": "Interview 1.mp4",
        "video_bytes": "1234",
        "boxes": "Interview 1.stream",
    }


def test_what_is_unknown_is_left_out():
    assert not {"video_bytes", "boxes"} & set(provenance(steady([True])))
