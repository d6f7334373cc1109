"""Which box stream belongs to which video on a command line."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from rbdm.batch.videos import VideoTask
from rbdm.errors import InputError, OptionError
from rbdm.files.naming import box_stream_path

_NAMES = ("{}.stream", "{}.face_bounding_box.stream")


def pair_streams(videos: Sequence[object], faces: Sequence[Path]) -> list[Path | None]:
    """What is given for each video: its stream, the folder of all streams, or None.

    Raises:
        OptionError: there are several, but not one for each video.
    """
    if not faces:
        return [None] * len(videos)
    if len(faces) == 1 and faces[0].is_dir():
        return [faces[0]] * len(videos)
    if len(faces) != len(videos):
        raise OptionError(f"{len(videos)} videos but {len(faces)} --faces: give one for each, or a folder")
    return list(faces)


def find_stream(video: Path, given: Path | None, below: Path = Path()) -> Path | None:
    """The stream that is `given`, or found in the folder that is given, or beside the video; None if it has none.

    Args:
        video: the video.
        given: its stream, or a folder of streams.
        below: the video's place below the folder that was named; there its stream is first looked for.

    Raises:
        InputError: there is none in the folder that is given.
    """
    if given is not None and not given.is_dir():
        return given
    folders = [given / below, given] if given else [video.parent]
    names = [name.format(video.stem) for name in _NAMES]
    candidates = [folder / name for folder in dict.fromkeys(folders) for name in names]
    candidates += [box_stream_path(folder, video.stem) for folder in folders]
    for candidate in candidates:
        if os.path.isfile(candidate):  # Path.is_file raises where a name is too long
            return candidate
    if given is None:
        return None
    there = f"there is no {' or '.join(names)} in {given}"
    raise InputError(f"{video}: no box stream: {there}: make one with `rbdm detect`")


def find_streams(given: Mapping[VideoTask, Path | None]) -> dict[VideoTask, Path | InputError | None]:
    """`find_stream` of each video; an error instead where there is none, or where two videos would have the same.

    Args:
        given: as of `pair_streams`.
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
            found[task] = InputError(f"{task.video}: its box stream {stream} would be another video's, too")
    return found
