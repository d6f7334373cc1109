"""Writes a copy of the video with the results painted into each frame."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import av
import cv2

from rbdm.errors import OutputError
from rbdm.export.overlay.encoder import TIME_BASE, Encoder
from rbdm.export.overlay.painter import Painter
from rbdm.export.overlay.sound import Sound
from rbdm.files.atomic import atomic_write
from rbdm.files.naming import IMAGE_ENDINGS
from rbdm.media.prefetch import prefetch
from rbdm.media.video import Video
from rbdm.progress import OnProgress, Progress
from rbdm.timeline.frames import NO_CLASS, smoothed_frames
from rbdm.timeline.timeline import Timeline
from rbdm.types import Image

_JPEG_QUALITY = 95

_DEMUXER = {"protocol_whitelist": "file", "pattern_type": "none"}
# The container stores a delay of the start in this unit. FFmpeg's default unit, 1 ms, is too coarse.
_MUXER = {"movie_timescale": str(TIME_BASE.denominator)}
_PICTURES_AHEAD = 3
_SAME_TIME = 1e-6
"""Seconds: the largest difference between equal timestamps."""


def write_overlay(people: Sequence[Timeline], path: Path, progress: OnProgress | None = None) -> None:
    """Write a copy of the video with the box, the class and its probability, and gauges of valence and arousal.

    All values are those of the annotations, smoothed according to the options of the timelines. A frame without a face
    is not painted. If every person was annotated, boxes have names, and each person has a colour. The copy is an `.mp4`
    (H.264) with the timestamps of the frames, rotated as players show the video, and with all of its sound. If the
    width or height is odd, the last column or row is repeated. If `path` has the ending of an image, such as `.jpg`,
    only the first frame is written.

    Args:
        people: at least one timeline, all of one video whose file was not moved or changed since it was annotated.
        path: the file to write, completely or not at all.
        progress: called after each frame of a video.

    Raises:
        InputError: the video cannot be read.
        OutputError: the file cannot be written, `path` is the video itself, or the frames of the video have changed.
    """
    video = people[0].video
    if path.resolve() == video.resolve():
        raise OutputError(f"{path}: is the video itself: write the overlay somewhere else")
    with atomic_write(path) as temporary:
        try:
            if path.suffix.lower() in IMAGE_ENDINGS:
                _write_picture(people, temporary)
            else:
                _write_video(people, temporary, progress or (lambda progress: None))
        except av.FFmpegError as error:
            if isinstance(error, OSError):
                raise
            raise OutputError(f"{path}: cannot be made from {video.name}: {error}") from None


def _write_picture(people: Sequence[Timeline], path: Path) -> None:
    with Video(people[0].video) as video:
        image = next(_painted(people, video))
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(path.suffix, bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    path.write_bytes(encoded.tobytes())


def _write_video(people: Sequence[Timeline], path: Path, progress: OnProgress) -> None:
    timeline = people[0]
    started, total = time.monotonic(), len(timeline.time)
    with ExitStack() as stack:
        video = stack.enter_context(Video(timeline.video))
        source = stack.enter_context(av.open(f"file:{timeline.video}", metadata_errors="ignore", options=_DEMUXER))
        target = stack.enter_context(av.open(f"file:{path}", "w", format="mp4", options=_MUXER))
        encoder = Encoder(target, video)
        sound = Sound(source, target)
        images = stack.enter_context(prefetch(_painted(people, video), _PICTURES_AHEAD))
        edges = [*timeline.time.tolist(), timeline.end]
        for index, image in enumerate(images):
            sound.until(edges[index])
            target.mux(encoder.encode(image, edges[index], edges[index + 1]))
            progress(Progress(index + 1, total, time.monotonic() - started))
        target.mux(encoder.flush())
        sound.finish()


def _painted(people: Sequence[Timeline], video: Video) -> Iterator[Image]:
    """Yields the painted picture of each frame, scaled to the size of the first one."""
    painter, timeline = Painter(video.width, video.height), people[0]
    paints = [_paint_one(painter, one, number) for number, one in enumerate(people)]
    index = -1
    for index, frame in enumerate(video):
        if index >= len(timeline.time) or abs(frame.time - timeline.time[index]) > _SAME_TIME:
            raise _changed(timeline)
        image = frame.rgb()
        if image.shape[:2] != (video.height, video.width):
            image = cast(Image, cv2.resize(image, (video.width, video.height)))
        for paint in paints:
            paint(index, image)
        yield image
    if index + 1 < len(timeline.time):
        raise _changed(timeline)


def _changed(timeline: Timeline) -> OutputError:
    return OutputError(f"{timeline.video}: its frames have changed since it was annotated: annotate it again")


def _paint_one(painter: Painter, timeline: Timeline, number: int) -> Callable[[int, Image], None]:
    """A function that paints one person, number `number`, into the picture of a frame."""
    frames = smoothed_frames(timeline)
    values = {"valence": frames.valence, "arousal": frames.arousal}
    who = (timeline.person, number) if timeline.person else None

    def paint(index: int, image: Image) -> None:
        chosen = int(frames.classes[index])
        if chosen != NO_CLASS:
            now = {name: float(column[index]) for name, column in values.items()}
            painter.paint(image, timeline.boxes[index], chosen, float(frames.probabilities[index, chosen]), now, who)

    return paint
