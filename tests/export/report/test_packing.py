"""A page holds every frame as the annotations have it, in few bytes."""

import base64
import zlib
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rbdm.export.report.packing import pack
from rbdm.timeline.annotations import expression_segments
from rbdm.timeline.frames import expression_probabilities, smoothed_frames
from tests.support.builders import random_prediction


def unpacked(text: str, count: int, kinds: int) -> dict[str, np.ndarray]:
    """Reads what `pack` writes, as its documentation says."""
    planes = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8).reshape(-1, count).astype(np.int64)
    assert len(planes) == 4 + 1 + 1 + kinds + 4 + 8
    steps = sum(planes[byte] << 8 * byte for byte in range(4))
    wide = [planes[6 + kinds + 2 * i] + 256 * planes[7 + kinds + 2 * i] for i in range(2)]
    edges = [planes[10 + kinds + 2 * i] + 256 * planes[11 + kinds + 2 * i] for i in range(4)]
    return {
        "time": np.cumsum(steps) * 1e-5,
        "state": planes[4],
        "confidence": planes[5] / 255,
        "probabilities": planes[6 : 6 + kinds].T / 255,
        "valence": wide[0] / 1000 - 1,
        "arousal": wide[1] / 1000 - 1,
        "boxes": np.cumsum(edges, axis=1).T % 65536 / 250 - 1,
    }


@settings(max_examples=40, deadline=None)
@given(face=st.lists(st.booleans(), min_size=1, max_size=40), five=st.booleans(), window=st.sampled_from([0, 150]))
def test_every_frame_is_packed_as_the_annotations_have_it(face, five, window):
    kinds = 5 if five else 8
    prediction = random_prediction(len(face), face=face, num_expressions=kinds, smoothing_ms=window)
    boxes = np.random.default_rng(3).uniform(-0.5, 1.5, (len(face), 4))
    boxes[~prediction.has_face] = np.nan
    found = unpacked(pack(smoothed_frames(prediction), boxes), len(face), kinds)
    face = prediction.has_face
    np.testing.assert_allclose(found["time"], prediction.time, atol=0.6e-5)
    np.testing.assert_array_equal(found["state"] == 255, ~face)
    expected = expression_probabilities(prediction, prediction.options)
    np.testing.assert_allclose(found["probabilities"][face], expected[face], atol=0.51 / 255)
    segments = expression_segments(prediction, replace(prediction.options, merge_segments=False))
    np.testing.assert_array_equal(found["state"][face], segments["id"])
    np.testing.assert_allclose(found["confidence"][face], prediction.face_confidence[face], atol=0.51 / 255)
    np.testing.assert_allclose(found["boxes"][face], boxes[face], atol=0.51 / 250)
    if not window:
        np.testing.assert_allclose(found["valence"][face], prediction.valence[face], atol=0.51 / 1000)
        np.testing.assert_allclose(found["arousal"][face], prediction.arousal[face], atol=0.51 / 1000)
