"""Finds the videos that belong to annotations, so that a page can play them."""

from pathlib import Path, PurePosixPath

from rbdm.study.agreement.compare import VideoAgreement
from rbdm.study.videos import USUAL_ENDING, video_candidates


def find_video(video: VideoAgreement, page: Path, folder: Path | None) -> Path:
    """The video of two annotations.

    It is looked for in `folder`, beside A's and B's annotations, and beside the page, under the name that rbdm wrote
    into its annotations, and those of `rbdm.study.videos.video_candidates`.

    Args:
        video: both annotations.
        page: the page's file.
        folder: the folder with the videos of the study, or None.

    Returns:
        Its path; if it is not found, one beside the page, which the page tries again when it is opened.
    """
    beside = [video.pair.a.folder, video.pair.b.folder, page.parent]
    candidates = video_candidates(video.pair.video, video.pair.person, folder, beside, video.recorded)
    found = next((path for path in candidates if path.is_file()), None)
    stem = PurePosixPath(video.pair.video).name
    return found or page.parent / (video.recorded or f"{stem}{USUAL_ENDING}")
