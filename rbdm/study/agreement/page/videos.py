"""Finds the videos that belong to annotations, so that a page can play them."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from rbdm.files.naming import VIDEO_ENDINGS
from rbdm.study.agreement.compare import VideoAgreement

_USUAL = ".mp4"


def find_video(video: VideoAgreement, page: Path, folder: Path | None) -> Path:
    """The video of two annotations.

    It is looked for in `folder`, beside A's and B's annotations, and beside the page, under these names: the one that
    rbdm wrote into its annotations; `<video>`, and as in NOVA's folders `<role>.video` and `<role>`, with the ending of
    a video.

    Args:
        video: both annotations.
        page: the page's file.
        folder: the folder with the videos of the study, or None.

    Returns:
        Its path; if it is not found, one beside the page, which the page tries again when it is opened.
    """
    found = next((path for path in _candidates(video, page, folder) if path.is_file()), None)
    stem = PurePosixPath(video.pair.video).name
    return found or page.parent / (video.recorded or f"{stem}{_USUAL}")


def _candidates(video: VideoAgreement, page: Path, folder: Path | None) -> Iterator[Path]:
    name, person = PurePosixPath(video.pair.video), video.pair.person
    stems = [name.name, *([f"{person}.video", person] if person else [])]
    names = [video.recorded] if video.recorded else []
    names += [f"{stem}{ending}" for stem in stems for ending in sorted(VIDEO_ENDINGS, key=lambda end: end != _USUAL)]
    # A session of NOVA is a folder of its own, a video of rbdm is in the subfolder that its name begins with.
    places = [folder, folder / name.parent, folder / name] if folder is not None else []
    places += [video.pair.a.folder, video.pair.b.folder, page.parent]
    for place in dict.fromkeys(places):
        yield from (place / each for each in names)
