"""Which box stream belongs to which video on a command line."""

from collections.abc import Sequence
from pathlib import Path

from rbdm.errors import InputError, OptionError

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


def find_stream(video: Path, given: Path | None) -> Path | None:
    """The stream that is `given`, or found in the folder that is given, or beside the video; None if it has none.

    Raises:
        InputError: there is none in the folder that is given.
    """
    if given is not None and not given.is_dir():
        return given
    folder = given or video.parent
    candidates = [folder / name.format(video.stem) for name in _NAMES]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    if given is None:
        return None
    names = " or ".join(candidate.name for candidate in candidates)
    raise InputError(f"{video}: no box stream: there is no {names} in {folder}: make one with `rbdm detect`")
