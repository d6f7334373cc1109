"""Faces in HDR video get the brightness and colours that the same picture has in standard video."""

import av
import numpy as np
import pytest

from rbdm.media.video import Video
from tests.support import clips

TO_BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
"""Linear RGB of BT.709 to BT.2020, ITU-R BT.2087."""


def pq(nits):
    """ITU-R BT.2100, table 4."""
    power = (np.clip(nits, 0, None) / 10000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def hlg(nits):
    """ITU-R BT.2100, table 5, for a display of 1000 cd/m²."""
    display = nits / 1000
    luminance = np.maximum(display @ [0.2627, 0.6780, 0.0593], 1e-9)[..., None]
    scene = display * luminance ** (1 / 1.2 - 1)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-9)) + c)


@pytest.mark.parametrize(("name", "curve"), [("smpte2084", pq), ("arib-std-b67", hlg)])
def test_dark_and_middle_tones_are_those_of_standard_video(tmp_path, name, curve):
    standard = (clips.picture(5, 64, 48) * 0.55).astype(np.uint8)
    light = (standard / 255) ** 2.4 @ TO_BT2020.T * 203
    path = tmp_path / "hdr.mp4"
    with av.open(str(path), "w") as container:
        colours = f"colorprim=bt2020:transfer={name}:colormatrix=bt2020nc:range=limited"
        # With B-frames, x265 computes the first decoding time from the third frame: random if there is only one frame.
        options = {"x265-params": f"log-level=none:lossless=1:bframes=0:{colours}"}
        stream = container.add_stream("libx265", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv444p10le"
        encoded = np.round(np.clip(curve(light), 0, 1) * 65535).astype(np.uint16)
        frame = av.VideoFrame.from_ndarray(encoded, "rgb48le")
        frame = frame.reformat(format="yuv444p10le", dst_colorspace=9, dst_color_range=1)
        container.mux([*stream.encode(frame), *stream.encode()])
    with Video(path) as video:
        (frame,) = list(video)
    assert "high dynamic range" in video.warnings[0]
    inside = np.s_[4:-4, 4:-4]
    assert np.abs(frame.rgb()[inside].astype(int) - standard[inside]).mean() < 5
    assert np.abs(frame.scaled(64)[inside].astype(int) - standard[inside]).mean() < 5
