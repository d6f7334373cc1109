"""The copy of a video with box, class and gauges: the same times, the same way up, the same sound."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbdm.errors import InputError, OutputError
from rbdm.export.overlay.painter import Painter
from rbdm.export.overlay.video import write_overlay
from rbdm.export.writers import EXTRA_WRITERS
from rbdm.expressions import EXPRESSIONS
from rbdm.media.video import Video
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.timeline.frames import smoothed_frames
from tests.support.clips import constant, corner_colours, frame_number, picture, truncated, write_clip, write_jpeg

VARIABLE = [0.0, 0.04, 0.1, 0.11, 0.3, 0.34, 0.9, 1.2]
BOX = (0.3, 0.3, 0.7, 0.6)

OVERLAY = next(writer for writer in EXTRA_WRITERS if writer.name == "overlay")


def predict(video, faces=None, options=Options(), **changes):
    """A prediction of a video's frames, of which those in `faces` (default: all) have one; random values."""
    with Video(video) as opened:
        time = np.array([frame.time for frame in opened])
    random = np.random.default_rng(0)
    count = len(time)
    face = np.isin(np.arange(count), np.arange(count) if faces is None else faces)
    nan = np.float32(np.nan)
    made = Prediction(
        time=time,
        probabilities=np.where(face[:, None], random.dirichlet(np.full(8, 0.3), count), nan).astype(np.float32),
        valence=np.where(face, random.uniform(-1, 1, count), nan).astype(np.float32),
        arousal=np.where(face, random.uniform(-1, 1, count), nan).astype(np.float32),
        face_confidence=np.where(face, 0.9, 0).astype(np.float32),
        duration=opened.duration,
        sample_rate=opened.sample_rate,
        weights="open",
        weights_sha256="ab" * 32,
        version="1.0.0",
        inferred=face,
        boxes=np.where(face[:, None], BOX, nan).astype(np.float32),
        width=opened.width,
        height=opened.height,
        video=Path(video),
        options=options,
    )
    return replace(made, **changes)


def overlay(prediction, folder, name="out.overlay.mp4"):
    path = folder / name
    write_overlay(prediction, path)
    assert sorted(folder.glob("*overlay*")) == [path]
    return path


def frames(path):
    with Video(path) as video:
        found = [(frame.time, frame.rgb()) for frame in video]
        assert video.warnings == []
    return np.array([time for time, _ in found]), [image for _, image in found]


def sounds(path):
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


def begin(pieces):
    """When the first piece that is loud starts, in seconds."""
    return pieces[np.flatnonzero(pieces[:, 2] > 0.2)[0], 0]


def write_film(path, sound_codecs, seconds=1.0, sound_at=0.0, formats=("fltp", 44_100, "stereo"), picture_at=0.0):
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


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.mark.parametrize("times", [constant(30), constant(24, 24000 / 1001), VARIABLE, constant(10, start=0.5)])
def test_the_frames_and_their_times_are_those_of_the_video(tmp_path, out, times):
    clip = write_clip(tmp_path / "clip.mp4", times)
    prediction = predict(clip, faces=[])
    time, images = frames(overlay(prediction, out))
    np.testing.assert_allclose(time, prediction.time, atol=1e-5)
    assert [frame_number(image) for image in images] == [index % 28 for index in range(len(times))]


@pytest.mark.parametrize("times", [constant(30), VARIABLE])
def test_the_last_frame_ends_when_it_does_in_the_video(tmp_path, out, times):
    prediction = predict(write_clip(tmp_path / "clip.mkv", times))
    with av.open(str(overlay(prediction, out))) as container:
        stream = container.streams.video[0]
        assert float(stream.duration * stream.time_base) == pytest.approx(prediction.duration, abs=1e-3)


@pytest.mark.parametrize(
    ("size", "shape"), [((63, 47), (48, 64)), ((64, 47), (48, 64)), ((63, 48), (48, 64)), ((2, 2), (2, 2))]
)
def test_odd_sizes_are_made_even_and_lose_nothing(tmp_path, out, size, shape):
    clip = write_clip(tmp_path / "clip.mkv", constant(2), size=size, codec="ffv1", pix_fmt="bgr0")
    prediction = predict(clip, faces=[])
    _, images = frames(overlay(prediction, out))
    assert images[0].shape == (*shape, 3)
    with Video(clip) as video:
        original = next(iter(video)).rgb()
    if min(size) > 2:
        inside = images[0][: size[1], : size[0]].astype(int)
        assert np.abs(inside - original).mean() < 12
        np.testing.assert_allclose(images[0][-1], images[0][-2], atol=25)


@pytest.mark.parametrize(("rotation", "mirrored"), [(90, False), (180, False), (270, False), (90, True)])
def test_it_is_turned_as_players_show_the_video(tmp_path, out, rotation, mirrored):
    clip = write_clip(tmp_path / "clip.mp4", constant(3), size=(96, 64), rotation=rotation, mirrored=mirrored)
    prediction = predict(clip, faces=[])
    path = overlay(prediction, out)
    with Video(clip) as video:
        shown = corner_colours(next(iter(video)).rgb())
    _, images = frames(path)
    assert corner_colours(images[0]) == shown
    assert images[0].shape == (prediction.height, prediction.width, 3)
    with av.open(str(path)) as container:
        assert next(container.decode(video=0)).rotation == 0


@pytest.mark.parametrize("size", [(640, 360), (1280, 720)])
def test_colours_stay(tmp_path, out, size):
    clip = write_clip(tmp_path / "clip.mp4", constant(2), size=size)
    _, images = frames(overlay(predict(clip, faces=[]), out))
    with Video(clip) as video:
        original = next(iter(video)).rgb()
    for y, x in ((20, 20), (20, -20), (-20, 20), (-20, -20), (size[1] // 2, size[0] // 2)):
        np.testing.assert_allclose(images[0][y, x].astype(int), original[y, x], atol=6)


def test_pixels_that_are_no_squares_stay_what_they_are(tmp_path, out):
    path = tmp_path / "tape.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 72, 58, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(64, 45)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(0, 72, 58), "rgb24")))
        container.mux(stream.encode(None))
    with av.open(str(overlay(predict(path), out))) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(64, 45)


def test_only_frames_with_a_face_are_painted(tmp_path, out):
    clip = write_clip(tmp_path / "clip.mp4", constant(10), size=(320, 240))
    painted = frames(overlay(predict(clip, faces=[2, 3, 7]), out))[1]
    plain = frames(overlay(predict(clip, faces=[]), tmp_path, "plain.overlay.mp4"))[1]
    changed = [
        bool((np.abs(one.astype(int) - other).max(axis=2) > 60).mean() > 0.02)
        for one, other in zip(painted, plain, strict=True)
    ]
    assert changed == [index in (2, 3, 7) for index in range(10)]


def test_the_box_has_the_colour_of_the_segments_class(tmp_path, out):
    clip = write_clip(tmp_path / "clip.mp4", constant(12), size=(320, 240))
    prediction = predict(clip, options=Options(smoothing_ms=200, num_expressions=5))
    classes = smoothed_frames(prediction).classes
    assert (classes != prediction.probabilities.argmax(axis=1)).any()
    _, images = frames(overlay(prediction, out))
    for image, chosen in zip(images, classes, strict=True):
        colors = np.array([list(bytes.fromhex(expression.color[-6:])) for expression in EXPRESSIONS])
        # The tag, left of its text, above the box.
        spot = image[round(0.3 * 240) - 8 : round(0.3 * 240) - 4, round(0.3 * 320) + 1].mean(axis=0)
        assert np.abs(colors - spot).sum(axis=1).argmin() == chosen


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(2, 400), st.integers(2, 300)),
    st.tuples(st.floats(-3, 2), st.floats(-3, 2), st.floats(0.01, 4), st.floats(0.01, 4)),
    st.integers(0, 7),
    st.floats(-1, 1),
)
def test_any_box_can_be_painted_into_any_picture(size, box, expression, value):
    width, height = size
    ymin, xmin, tall, wide = box
    image = np.full((height, width, 3), 128, np.uint8)
    corners = np.array([ymin, xmin, ymin + tall, xmin + wide], np.float32)
    Painter(width, height).paint(image, corners, expression, 0.5, {"valence": value, "arousal": -value})
    assert image.shape == (height, width, 3) and (image != 128).any()


def test_gauges_point_where_the_values_are():
    def orange_and_blue(value):
        image = np.zeros((360, 640, 3), np.uint8)
        Painter(640, 360).paint(image, np.array([0, 0.8, 0.2, 0.9], np.float32), 0, 0.5, {"valence": value})
        panel = image[300:, :300].astype(int)
        return int((panel[..., 0] - panel[..., 2] > 80).sum()), int((panel[..., 2] - panel[..., 0] > 80).sum())

    little, much = orange_and_blue(0.25), orange_and_blue(0.75)
    assert little[1] == much[1] == 0 and much[0] / little[0] == pytest.approx(3, rel=0.2)
    assert orange_and_blue(-0.75)[1] == pytest.approx(much[0], rel=0.1) and orange_and_blue(-0.75)[0] == 0


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts", "mov"])
def test_sound_is_copied_packet_by_packet(tmp_path, out, container):
    clip = write_film(tmp_path / f"film.{container}", ["aac"])
    prediction = predict(clip)

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
    ((_, before),), ((became, after),) = sounds(clip), sounds(overlay(predict(clip), out))
    assert became == "aac"
    with av.open(str(clip)) as source:
        start = max(source.start_time, 0) / 1e6
    assert begin(after) == pytest.approx(begin(before) - start, abs=0.03)
    # AAC comes in blocks of 1024 samples, one of which is the encoder's priming.
    assert after[:, 1].sum() == pytest.approx(before[:, 1].sum(), abs=max(0.06, 2 * 1024 / formats[1]))


def test_every_audio_stream_is_kept_and_its_language(tmp_path, out):
    clip = write_film(tmp_path / "film.mkv", ["aac", "libopus", "flac", "pcm_s16le"], formats=("s16", 48_000, "stereo"))
    path = overlay(predict(clip), out)
    with av.open(str(path)) as container:
        found = [(s.codec_context.codec.canonical_name, s.metadata["language"]) for s in container.streams.audio]
    assert found == [("aac", "deu"), ("opus", "fra"), ("flac", "deu"), ("aac", "fra")]
    assert all(begin(pieces) < 0.03 for _, pieces in sounds(path))


def test_a_picture_that_starts_after_its_sound_still_does(tmp_path, out):
    clip = write_film(tmp_path / "film.mkv", ["aac"], picture_at=0.6)
    prediction = predict(clip)
    assert prediction.time[0] == pytest.approx(0.6, abs=0.03)
    path = overlay(prediction, out)
    time, _ = frames(path)
    np.testing.assert_allclose(time, prediction.time, atol=1e-3)
    assert begin(sounds(path)[0][1]) == pytest.approx(begin(sounds(clip)[0][1]), abs=0.002)


def test_a_film_without_sound_has_none(tmp_path, out):
    with av.open(str(overlay(predict(write_clip(tmp_path / "clip.mp4", constant(5))), out))) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_a_file_that_is_cut_off_ends_where_it_ends(tmp_path, out):
    film = write_film(tmp_path / "film.ts", ["aac"], seconds=4)
    cut = truncated(film, tmp_path / "cut.ts", 0.6)
    prediction = predict(cut)
    assert 10 < len(prediction.time) < 100
    time, _ = frames(overlay(prediction, out))
    np.testing.assert_allclose(time, prediction.time, atol=1e-5)


def test_a_clock_that_jumps_back_does_not_stop_it(tmp_path, out):
    parts = [write_film(tmp_path / f"{name}.ts", ["aac"]) for name in "ab"]
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    prediction = predict(joined)
    assert prediction.duration == pytest.approx(2, abs=0.1)
    path = overlay(prediction, out)
    time, _ = frames(path)
    np.testing.assert_allclose(time, prediction.time, atol=1e-5)
    assert sounds(path)[0][1][-1, 0] == pytest.approx(2, abs=0.15)


def test_an_image_becomes_an_image(tmp_path, out):
    photo = write_jpeg(tmp_path / "photo.JPG", picture(0, 320, 240), 6)
    prediction = predict(photo, faces=[])
    path = OVERLAY.path(out, "photo", photo)
    assert path == out / "photo.overlay.jpg"
    write_overlay(prediction, path)
    assert list(out.iterdir()) == [path]
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    assert image.shape == (320, 240, 3)
    with Video(photo) as video:
        assert corner_colours(image) == corner_colours(next(iter(video)).rgb())
    assert OVERLAY.path(out, "a", Path("x/a.mov")) == out / "a.overlay.mp4"


def test_progress_counts_frames(tmp_path, out):
    seen = []
    write_overlay(predict(write_clip(tmp_path / "clip.mp4", constant(7))), out / "a.mp4", seen.append)
    assert [(step.done, step.total) for step in seen] == [(index + 1, 7) for index in range(7)]


def test_interrupted_it_leaves_nothing_and_what_was_there(tmp_path, out):
    prediction = predict(write_clip(tmp_path / "clip.mp4", constant(20)))
    (out / "a.mp4").write_bytes(b"older")

    def stop(step):
        if step.done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_overlay(prediction, out / "a.mp4", stop)
    assert [path.name for path in out.iterdir()] == ["a.mp4"]
    assert (out / "a.mp4").read_bytes() == b"older"


def test_what_cannot_be_done_is_said_in_a_line(tmp_path, out):
    clip = write_clip(tmp_path / "clip.mp4", constant(6))
    prediction = predict(clip)
    with pytest.raises(OutputError, match=r"clip\.mp4: is the video itself"):
        write_overlay(prediction, clip)
    with pytest.raises(OutputError, match=r"missing.a\.mp4: cannot be written"):
        write_overlay(prediction, tmp_path / "missing" / "a.mp4")
    (out / "folder.mp4").mkdir()
    with pytest.raises(OutputError, match=r"folder\.mp4: cannot be written"):
        write_overlay(prediction, out / "folder.mp4")
    with pytest.raises(InputError, match="no such file"):
        write_overlay(replace(prediction, video=tmp_path / "gone.mp4"), out / "a.mp4")
    for times in (constant(5), constant(7), constant(6, 25)):
        other = write_clip(tmp_path / "other.mp4", times)
        with pytest.raises(OutputError, match=r"other\.mp4: has other frames than when it was annotated"):
            write_overlay(replace(prediction, video=other), out / "a.mp4")
    assert [path.name for path in out.iterdir()] == ["folder.mp4"]


def test_of_a_real_face_box_class_and_gauges(annotator, face_clip, out):
    prediction = annotator.annotate(*face_clip)
    time, images = frames(overlay(prediction, out))
    assert len(time) == 75
    classes = smoothed_frames(prediction).classes
    color = np.array(list(bytes.fromhex(EXPRESSIONS[classes[30]].color[-6:])))
    ymin, xmin, ymax, _ = (prediction.boxes[30] * 480).round().astype(int)
    edge = images[30][ymin + 40 : ymax - 40, xmin - 1 : xmin + 2].astype(int)
    assert (np.abs(edge - color).sum(axis=2).min(axis=1) < 120).mean() > 0.9


@pytest.mark.parametrize("name", ["face_noface.mov", "WolfgangLanger_Pexels.mp4", "single_face.mp4"])
def test_real_clips_keep_times_and_sound(annotator, faces_folder, out, name):
    clip = faces_folder / name
    prediction = annotator.annotate(clip, clip.with_suffix(".stream"))
    path = overlay(prediction, out)
    time, _ = frames(path)
    np.testing.assert_allclose(time, prediction.time, atol=1e-5)
    ((codec, before),), ((copied, after),) = sounds(clip), sounds(path)
    assert copied == codec
    assert after[-1, 0] == pytest.approx(before[-1, 0], abs=0.002)
    assert after[:, 1].sum() == pytest.approx(before[:, 1].sum(), abs=0.03)
