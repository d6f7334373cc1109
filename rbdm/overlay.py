"""A copy of the video with what the network says painted into it."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.codec.context import Flags
from av.video.reformatter import VideoReformatter

from rbdm.ahead import ahead
from rbdm.errors import OutputError
from rbdm.export import NO_CLASS, frame_expressions, frame_values
from rbdm.overlay_paint import Painter
from rbdm.overlay_sound import Sound
from rbdm.prediction import Prediction
from rbdm.progress import Progress, Report
from rbdm.sampling import end_of
from rbdm.video import Video
from rbdm.videos import PICTURES
from rbdm.whole import written_whole

Image = npt.NDArray[np.uint8]

_JPEG_QUALITY = 95

_TIME_BASE = Fraction(1, 90_000)
_DEMUXER = {"protocol_whitelist": "file", "pattern_type": "none"}
# Delays at the start are kept in this unit of seconds; FFmpeg's own is 1 ms.
_MUXER = {"movie_timescale": str(_TIME_BASE.denominator)}
# Without B-frames the times in the file are those of the frames, to the end of the last one.
_ENCODER = {"preset": "veryfast", "crf": "21", "bf": "0"}
# One that reads annotations goes back and forth: a key frame at least every so many seconds.
_KEY_FRAMES = 1.0
_AHEAD = 3
_SAME_TIME = 1e-6
# BT.709 for high definition, else BT.601, as players guess; limited range.
_HD_WIDTH, _HD_HEIGHT = 1280, 576
_BT709, _BT601, _LIMITED = 1, 5, 1


def overlay_path(folder: Path, stem: str, video: Path) -> Path:
    """Where the overlay of `video` goes: `folder/<stem>.overlay.mp4`, or `.overlay.jpg` of an image."""
    return folder / f"{stem}.overlay{'.jpg' if video.suffix.lower() in PICTURES else '.mp4'}"


def write_overlay(prediction: Prediction, path: Path, progress: Report | None = None) -> None:
    """Write the video with box, class with its probability, and gauges of valence and arousal.

    All is as the annotations say, smoothed as the prediction's options ask for; a frame without a face stays as
    it is. An `.mp4` (H.264) with the frames' own times, turned as players show it, with all of its sound; its
    width and height are made even by repeating the last column or row. To a `.jpg` or another picture's name,
    the first frame alone is written.

    Args:
        prediction: of a video that is still where it was, and as it was.
        path: the file to write.
        progress: called after each frame.

    Raises:
        InputError: the video cannot be read.
        OutputError: the file cannot be written, is the video itself, or the video is another one by now.
    """
    if path.resolve() == prediction.video.resolve():
        raise OutputError(f"{path}: is the video itself: write the overlay somewhere else")
    with written_whole(path) as beside:
        try:
            if path.suffix.lower() in PICTURES:
                _write_picture(prediction, beside)
            else:
                _write_video(prediction, beside, progress or (lambda progress: None))
        except av.FFmpegError as error:
            if isinstance(error, OSError):
                raise
            raise OutputError(f"{path}: cannot be made of {prediction.video.name}: {error}") from None


def _write_picture(prediction: Prediction, path: Path) -> None:
    with Video(prediction.video) as video:
        image = next(_painted(prediction, video))
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(path.suffix, bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    path.write_bytes(encoded.tobytes())


def _write_video(prediction: Prediction, path: Path, progress: Report) -> None:
    started, total = time.monotonic(), len(prediction.time)
    with ExitStack() as stack:
        video = stack.enter_context(Video(prediction.video))
        source = stack.enter_context(av.open(f"file:{prediction.video}", metadata_errors="ignore", options=_DEMUXER))
        target = stack.enter_context(av.open(f"file:{path}", "w", format="mp4", options=_MUXER))
        encoder = _Encoder(target, video, _pixel_aspect(source, video))
        sound = Sound(source, target)
        images = stack.enter_context(ahead(_painted(prediction, video), _AHEAD))
        edges = [*prediction.time.tolist(), end_of(prediction)]
        for index, image in enumerate(images):
            sound.until(edges[index])
            target.mux(encoder.encode(image, edges[index], edges[index + 1]))
            progress(Progress(index + 1, total, time.monotonic() - started))
        target.mux(encoder.flush())
        sound.finish()


def _painted(prediction: Prediction, video: Video) -> Iterator[Image]:
    """The picture of each frame, all of the first one's size."""
    paint = _painter(prediction, video)
    index = -1
    for index, frame in enumerate(video):
        if index >= len(prediction.time) or abs(frame.time - prediction.time[index]) > _SAME_TIME:
            raise _changed(prediction)
        image = frame.rgb()
        if image.shape[:2] != (video.height, video.width):
            image = cast(Image, cv2.resize(image, (video.width, video.height)))
        paint(index, image)
        yield image
    if index + 1 < len(prediction.time):
        raise _changed(prediction)


def _changed(prediction: Prediction) -> OutputError:
    return OutputError(f"{prediction.video}: has other frames than when it was annotated: annotate it again")


def _painter(prediction: Prediction, video: Video) -> Callable[[int, Image], None]:
    probabilities, classes = frame_expressions(prediction)
    values = {"valence": frame_values(prediction, "valence"), "arousal": frame_values(prediction, "arousal")}
    painter = Painter(video.width, video.height)

    def paint(index: int, image: Image) -> None:
        chosen = int(classes[index])
        if chosen != NO_CLASS:
            now = {name: float(column[index]) for name, column in values.items()}
            painter.paint(image, prediction.boxes[index], chosen, float(probabilities[index, chosen]), now)

    return paint


def _pixel_aspect(source: av.container.InputContainer, video: Video) -> Fraction | None:
    """Width over height of a pixel as displayed: tapes have others than squares."""
    stream = source.streams.video[0]
    aspect = stream.sample_aspect_ratio
    if not aspect:
        return None
    turned = (stream.width, stream.height) == (video.height, video.width) and video.width != video.height
    return 1 / aspect if turned else aspect


class _Encoder:
    """Pictures to H.264 at their own times."""

    def __init__(self, target: av.container.OutputContainer, video: Video, pixel_aspect: Fraction | None) -> None:
        self._height, self._width = video.height, video.width
        height, width = video.height + video.height % 2, video.width + video.width % 2
        rate = Fraction(video.sample_rate).limit_denominator(1001) or Fraction(1)
        stream = target.add_stream("libx264", rate=rate, options=_ENCODER)
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        stream.time_base = stream.codec_context.time_base = _TIME_BASE
        stream.codec_context.flags |= Flags.frame_duration
        stream.gop_size = max(round(_KEY_FRAMES * video.sample_rate), 1)
        hd = video.width >= _HD_WIDTH or video.height > _HD_HEIGHT
        self._matrix = _BT709 if hd else _BT601
        stream.codec_context.colorspace, stream.codec_context.color_range = self._matrix, _LIMITED
        if pixel_aspect is not None:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        self._stream, self._reformatter = stream, VideoReformatter()
        # One for all pictures: new memory for each takes longer than the copy.
        self._frame = av.VideoFrame(width, height, "rgb24")
        plane = self._frame.planes[0]
        self._rows = np.frombuffer(cast(Any, plane), np.uint8).reshape(height, plane.line_size)[:, : 3 * width]

    def encode(self, image: Image, start: float, end: float) -> list["av.Packet[av.VideoStream]"]:
        """The packets that are ready, after one more picture, shown from `start` to `end` (seconds)."""
        height, row = self._height, 3 * self._width
        self._rows[:height, :row] = image.reshape(height, row)
        # An odd width or height lacks one, which is as the last.
        if self._rows.shape[1] > row:
            self._rows[:, row:] = self._rows[:, row - 3 : row]
        self._rows[height:] = self._rows[height - 1]
        frame = self._reformatter.reformat(
            self._frame, format="yuv420p", dst_colorspace=self._matrix, dst_color_range=_LIMITED
        )
        frame.pts, frame.time_base = round(start / _TIME_BASE), _TIME_BASE
        frame.duration = round(end / _TIME_BASE) - frame.pts
        return self._stream.encode(frame)

    def flush(self) -> list["av.Packet[av.VideoStream]"]:
        """The packets that are left."""
        return self._stream.encode(None)
