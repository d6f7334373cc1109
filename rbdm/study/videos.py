"""Finds the video that annotations belong to, by the names that rbdm and NOVA give to videos."""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from rbdm.files.naming import VIDEO_ENDINGS

USUAL_ENDING = ".mp4"
_ENDINGS = sorted(VIDEO_ENDINGS, key=lambda ending: ending != USUAL_ENDING)
NOVA_VIDEO = "video"
"""The name of the video in the folder of a session of NOVA, after that of the role."""


def video_candidates(
    video: str, person: str, folder: Path | None, beside: Sequence[Path], recorded: str = ""
) -> Iterator[Path]:
    """The places where the video of annotations may be, the most probable first; the files need not exist.

    It is called `<video>`, or as in NOVA's folders `<role>.video` or `<role>`, with the ending of a video. In the
    folder of a session it may also be called `video`.

    Args:
        video: the name of the video, see `rbdm.study.results.Result.video`.
        person: the role of the person; empty if nothing names one.
        folder: the folder with the videos of the study, or None.
        beside: other folders, such as those of the annotations.
        recorded: the file name that rbdm wrote into the annotations; empty if it did not.
    """
    name = PurePosixPath(video)
    stems = [name.name, *([f"{person}.{NOVA_VIDEO}", person] if person else [])]
    names = [recorded] if recorded else []
    names += [f"{stem}{ending}" for stem in stems for ending in _ENDINGS]
    # A session of NOVA is a folder of its own, a video of rbdm is in the subfolder that its name begins with.
    places = [folder, folder / name.parent, folder / name] if folder is not None else []
    for place in dict.fromkeys([*places, *beside]):
        yield from (place / each for each in names)
        if place.resolve().name == name.name:
            yield from (place / f"{NOVA_VIDEO}{ending}" for ending in _ENDINGS)
