"""Finds the box stream of each video of a command line."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from rbdm.batch.videos import VideoTask
from rbdm.errors import InputError, OptionError
from rbdm.files.naming import box_stream_path

_NAMES = ("{}.stream", "{}.face_bounding_box.stream")


def pair_streams(videos: Sequence[object], faces: Sequence[Path]) -> list[Path | None]:
    """For each video, the box stream or folder of streams that the user gave; None if the user gave none.

    Args:
        videos: the videos; only their number is used.
        faces: nothing, one folder for all videos, or one stream (or folder) per video in the same order.

    Raises:
        OptionError: the numbers of videos and of streams differ.
    """
    if not faces:
        return [None] * len(videos)
    if len(faces) == 1 and faces[0].is_dir():
        return [faces[0]] * len(videos)
    if len(faces) != len(videos):
        raise OptionError(f"{len(videos)} videos but {len(faces)} --faces: give one for each, or a folder")
    return list(faces)


def find_stream(video: Path, given: Path | None, below: Path = Path()) -> Path | None:
    """The box stream of a video: `given` itself, a file in the folder `given`, or a file beside the video.

    The file is called `<video>.stream` or `<video>.face_bounding_box.stream`, with the name of the video without its
    ending.

    Args:
        video: the video.
        given: its stream, or a folder of streams; None to look beside the video.
        below: subfolder of the video in the folder that the user named. The stream is first looked for in the same
            subfolder of `given`, then in `given`.

    Returns:
        The header file; None if there is none beside the video.

    Raises:
        InputError: the folder `given` has no stream of this video.
    """
    if given is not None and not given.is_dir():
        return given
    folders = [given / below, given] if given else [video.parent]
    names = [name.format(video.stem) for name in _NAMES]
    candidates = [folder / name for folder in dict.fromkeys(folders) for name in names]
    candidates += [box_stream_path(folder, video.stem) for folder in folders]
    for candidate in candidates:
        if os.path.isfile(candidate):  # Path.is_file raises if a name is too long
            return candidate
    if given is None:
        return None
    reason = f"there is no {' or '.join(names)} in {given}"
    raise InputError(f"{video}: no box stream: {reason}: make one with `rbdm detect`")


def find_streams(given: Mapping[VideoTask, Path | None]) -> dict[VideoTask, Path | InputError | None]:
    """The result of `find_stream` for each video.

    An error takes its place if the given folder has no stream, or if the same stream was found for two videos.

    Args:
        given: for each video the stream or folder from `pair_streams`.
    """
    found: dict[VideoTask, Path | InputError | None] = {}
    for task, faces in given.items():
        try:
            found[task] = find_stream(task.video, faces, task.below)
        except InputError as error:
            found[task] = error
    counts = Counter(stream for stream in found.values() if isinstance(stream, Path))
    for task, stream in found.items():
        if isinstance(stream, Path) and counts[stream] > 1:
            found[task] = InputError(f"{task.video}: its box stream {stream} was also found for another video")
    return found
