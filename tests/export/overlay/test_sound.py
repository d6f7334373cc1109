"""All sound of the video is in the overlay, in step with the picture, in a codec that players expect."""

import av
import numpy as np
import pytest

from tests.support.builders import prediction_of
from tests.support.clips import constant, write_clip
from tests.support.films import first_loud, frames, overlay, sounds, write_film


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts", "mov"])
def test_sound_is_copied_packet_by_packet(tmp_path, out, container):
    clip = write_film(tmp_path / f"film.{container}", ["aac"])
    prediction = prediction_of(clip)

    def packets(path):
        with av.open(str(path)) as file:
            start = max(file.start_time or 0, 0) / 1e6
            stream = file.streams.audio[0]
            assert stream.codec_context.codec.canonical_name == "aac"
            return [(float(p.pts * p.time_base) - start, bytes(p)) for p in file.demux(stream) if p.size]

    before, after = packets(clip), packets(overlay(prediction, out))
    assert len(before) == len(after) > 40
    np.testing.assert_allclose([time for time, _ in after], [time for time, _ in before], atol=1.1e-3)
    # A transport stream has a header of seven bytes before each packet.
    for (_, old), (_, new) in zip(before, after, strict=True):
        assert old.endswith(new) and len(old) - len(new) == (7 if container == "ts" else 0)


@pytest.mark.parametrize(
    ("container", "codec", "formats"),
    [
        ("mov", "pcm_s16le", ("s16", 44_100, "stereo")),
        ("avi", "pcm_s16le", ("s16", 96_000, "mono")),
        ("mkv", "mp2", ("s16", 44_100, "stereo")),
        ("mkv", "pcm_s16le", ("s16", 48_000, "5.1")),
        ("mpg", "mp2", ("s16", 44_100, "stereo")),
        ("mkv", "libmp3lame", ("fltp", 8_000, "mono")),
    ],
)
def test_other_sound_becomes_aac_in_step_with_the_picture(tmp_path, out, container, codec, formats):
    options = {"sound_at": 0.4} if container in ("mov", "mkv") else {}
    clip = write_film(tmp_path / f"film.{container}", [codec], formats=formats, **options)
    ((_, before),), ((became, after),) = sounds(clip), sounds(overlay(prediction_of(clip), out))
    assert became == "aac"
    with av.open(str(clip)) as source:
        start = max(source.start_time, 0) / 1e6
    assert first_loud(after) == pytest.approx(first_loud(before) - start, abs=0.03)
    # AAC comes in blocks of 1024 samples, one of which is the encoder's priming.
    assert after[:, 1].sum() == pytest.approx(before[:, 1].sum(), abs=max(0.06, 2 * 1024 / formats[1]))


def test_every_audio_stream_is_kept_and_its_language(tmp_path, out):
    clip = write_film(tmp_path / "film.mkv", ["aac", "libopus", "flac", "pcm_s16le"], formats=("s16", 48_000, "stereo"))
    path = overlay(prediction_of(clip), out)
    with av.open(str(path)) as container:
        found = [(s.codec_context.codec.canonical_name, s.metadata["language"]) for s in container.streams.audio]
    assert found == [("aac", "deu"), ("opus", "fra"), ("flac", "deu"), ("aac", "fra")]
    assert all(first_loud(pieces) < 0.03 for _, pieces in sounds(path))


def test_a_picture_that_starts_after_its_sound_still_does(tmp_path, out):
    clip = write_film(tmp_path / "film.mkv", ["aac"], picture_at=0.6)
    prediction = prediction_of(clip)
    assert prediction.time[0] == pytest.approx(0.6, abs=0.03)
    path = overlay(prediction, out)
    time, _ = frames(path)
    np.testing.assert_allclose(time, prediction.time, atol=1e-3)
    assert first_loud(sounds(path)[0][1]) == pytest.approx(first_loud(sounds(clip)[0][1]), abs=0.002)


def test_a_film_without_sound_has_none(tmp_path, out):
    with av.open(str(overlay(prediction_of(write_clip(tmp_path / "clip.mp4", constant(5))), out))) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_picture_and_sound_go_on_after_a_clock_that_jumps_back(tmp_path, out):
    parts = [write_film(tmp_path / f"{name}.ts", ["aac"]) for name in "ab"]
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    prediction = prediction_of(joined)
    assert prediction.duration == pytest.approx(2, abs=0.1)
    path = overlay(prediction, out)
    time, _ = frames(path)
    np.testing.assert_allclose(time, prediction.time, atol=1e-5)
    assert sounds(path)[0][1][-1, 0] == pytest.approx(2, abs=0.15)
