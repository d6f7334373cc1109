"""Splits the videos of a command into parts, for machines that share the work: all parts take about the same time."""

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rbdm.batch.videos import VideoTask
from rbdm.errors import InputError, OptionError
from rbdm.files.special import refuse_special_file
from rbdm.media.frame_count import stated_frames

_READERS = 16
"""Headers that are read at the same time. A network file system answers many requests as fast as one."""


@dataclass(frozen=True)
class Part:
    """One of several parts of the work.

    Attributes:
        number: which part, from 1.
        count: how many parts there are.
    """

    number: int
    count: int


def parse_part(text: str) -> Part:
    """The part that the text `I/N` means.

    Raises:
        OptionError: the text is not two whole numbers, or I is not from 1 to N.
    """
    match = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise OptionError(f"--part is {text!r}: it must be I/N with I from 1 to N, such as 2/10 for the second of ten")
    return Part(int(match[1]), int(match[2]))


def take_part(tasks: list[VideoTask], part: Part) -> list[VideoTask]:
    """The videos of one part, in the order of `tasks`. Each video belongs to exactly one part.

    The longest video goes to the first part, and each next one to the part that has the least work so far. The work
    is the number of frames that a file states; where it states none, it follows from the size of the file.
    Existing results and the order of `tasks` have no influence: each machine makes the same split.

    Raises:
        InputError: a file cannot be read because of its disk or the network. Another machine, which can read it, would
            make another split, and a video could be left out.
    """
    frames = _frames(tasks)
    parts: list[list[VideoTask]] = [[] for _ in range(part.count)]
    loads = [0.0] * part.count
    for task in sorted(tasks, key=lambda task: (-frames[task], _name(task))):
        # With equal loads, the number of videos decides: a part must not get all videos of unknown length.
        smallest = min(range(part.count), key=lambda index: (loads[index], len(parts[index])))
        parts[smallest].append(task)
        loads[smallest] += frames[task]
    chosen = set(parts[part.number - 1])
    return [task for task in tasks if task in chosen]


def _name(task: VideoTask) -> str:
    """A name that is the same on each machine, also where the folder of the study has another place."""
    return f"{(task.below / task.video.name).as_posix()}\0{task.video.as_posix()}"


def _frames(tasks: Iterable[VideoTask]) -> dict[VideoTask, float]:
    videos = [task for task in tasks if not task.problem]
    with ThreadPoolExecutor(_READERS) as readers:
        found = dict(zip(videos, readers.map(lambda task: _stated(task.video), videos), strict=True))
    known = [size / frames for size, frames in found.values() if size and frames]
    bytes_per_frame = median(known) if known else 1.0
    return {
        task: float(frames or size / bytes_per_frame) for task in tasks for size, frames in [found.get(task, (0, 0))]
    }


def _stated(video: Path) -> tuple[int, int]:
    """The size of a file in bytes, and the number of frames that it states. What is unknown is 0."""
    try:
        refuse_special_file(video)
        with video.open("rb") as file:  # FFmpeg cannot tell a disk that does not answer from a damaged video
            file.read(1)
        size = video.stat().st_size
    except (InputError, FileNotFoundError, PermissionError, IsADirectoryError):
        return 0, 0  # reported when this video is annotated
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
        raise InputError(f"{video}: {reason}, so the videos cannot be split into parts: try again") from None
    try:
        return size, stated_frames(video)
    except InputError:
        return size, 0
