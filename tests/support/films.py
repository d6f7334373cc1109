"""Films with sound, their overlays, and what is in a film: its frames and its sound."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from rbdm.export.overlay.video import write_overlay
from rbdm.media.video import Video
from rbdm.timeline.timeline import Timeline
from tests.support.clips import Picture, picture


def write_film(
    path: Path,
    sound_codecs: Sequence[str],
    seconds: float = 1.0,
    sound_at: float = 0.0,
    formats: tuple[str, int, str] = ("fltp", 44_100, "stereo"),
    picture_at: float = 0.0,
) -> Path:
    """A film with a tone of 440 Hz in each of the codecs, which starts at `sound_at` seconds."""
    format_, rate, layout = formats
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 90_000)
        speakers = [container.add_stream(codec, rate=rate, layout=layout) for codec in sound_codecs]
        for index, speaker in enumerate(speakers):
            speaker.metadata["language"] = ("deu", "fra")[index % 2]
        for index in range(round(seconds * 25)):
            frame = av.VideoFrame.from_ndarray(picture(index, 64, 48), "rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = round((picture_at + index / 25) * 90_000), Fraction(1, 90_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
        tone = np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate) * 0.5
        for speaker in speakers:
            planar = np.tile(tone.astype(np.float32), (channels, 1))
            samples = planar if format_ == "fltp" else (planar.T.reshape(1, -1) * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format_, layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, round(sound_at * rate), Fraction(1, rate)
            container.mux([*speaker.encode(frame), *speaker.encode(None)])
    return path


def overlay(timeline: Timeline, folder: Path, name: str = "out.overlay.mp4") -> Path:
    """The overlay of a timeline's video, written into `folder`; no temporary file is left beside it."""
    path = folder / name
    write_overlay([timeline], path)
    assert sorted(folder.glob("*overlay*")) == [path]
    return path


def frames(path: Path) -> tuple[np.ndarray, list[Picture]]:
    """The times (seconds) and the pictures of all frames of a video that has no faults."""
    with Video(path) as video:
        found = [(frame.time, frame.rgb()) for frame in video]
        assert video.warnings == []
    return np.array([time for time, _ in found]), [image for _, image in found]


def pictures_of(path: Path) -> list[Picture]:
    """The pictures of all frames of a video that has no faults."""
    return frames(path)[1]


def sounds(path: Path) -> list[tuple[str, np.ndarray]]:
    """For each audio stream its codec, and the time (s), length (s) and loudness (0…1) of each piece of it."""
    with av.open(str(path)) as container:
        count = len(container.streams.audio)
    found = []
    for index in range(count):
        with av.open(str(path)) as container:
            stream = container.streams.audio[index]
            resampler = av.AudioResampler("fltp")
            pieces = [piece for frame in container.decode(stream) for piece in resampler.resample(frame)]
            codec = stream.codec_context.codec.canonical_name
        rows = [(float(p.time), p.samples / p.sample_rate, float(np.abs(p.to_ndarray()).max())) for p in pieces]
        found.append((codec, np.array(rows)))
    return found


def first_loud(pieces: np.ndarray) -> float:
    """When the first loud piece of a sound starts, in seconds."""
    return pieces[np.flatnonzero(pieces[:, 2] > 0.2)[0], 0]
