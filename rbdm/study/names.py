"""Which video, person and annotator an annotation file belongs to: by its header, its name and its folder.

These names are known:

- `<video>.<value>.annotation` and `<video>.<person>.<value>.annotation` of `rbdm annotate`. If the video is one of
  NOVA's, `<role>.video.mp4`, it belongs to the session and the role, as in NOVA.
- `<session>/<role>.<scheme>.<annotator>.annotation`, and `<scheme>.<role>.<annotator>`, the name that NOVA itself
  suggests; with or without role and annotator.
- Any other name: then the header has to name the role and the annotator, and the folder is the session.
"""

from pathlib import Path, PurePath

from rbdm.files.naming import folded
from rbdm.ssi import Annotation
from rbdm.types import AnnotationName

_NOVA_VIDEO = "video"


def name_of(path: Path, root: Path | None, header: Annotation, value: AnnotationName) -> tuple[str, str, str]:
    """The names of the video, the person and the annotator of an annotation; empty where nothing says them.

    Args:
        path: the header file.
        root: the folder in which it was found, which the video's name starts from; None for the folder of the file.
        header: the content of the header.
        value: what the annotation contains.
    """
    before, after = _split(path.stem, header.scheme.name, value)
    is_session = bool(after)
    if after and not before and header.role in ("", after[0]) and after != [header.annotator]:
        before, after = after[:1], after[1:]
    video, person = _video_and_person(".".join(before), is_session, header)
    annotator = header.annotator or ".".join(after)
    below = PurePath() if root is None else path.parent.relative_to(root)
    if not video and not below.parts:
        return path.parent.resolve().name, person, annotator
    return (below / video).as_posix(), person, annotator


def _split(name: str, scheme: str, value: AnnotationName) -> tuple[list[str], list[str]]:
    """The parts of a file name before and after the name of the scheme, or of the value; nothing if it has neither."""
    parts = name.split(".")
    for word in (scheme, value):
        wanted = folded(word).split(".")
        for first in range(len(parts) - len(wanted), -1, -1):
            if [folded(part) for part in parts[first : first + len(wanted)]] == wanted:
                return parts[:first], parts[first + len(wanted) :]
    return [], []


def _video_and_person(before: str, is_session: bool, header: Annotation) -> tuple[str, str]:
    """The name of the video, empty if it is the session, and the person; from what is in front of the scheme's name."""
    role = header.role
    video = PurePath(header.meta.get("video", "")).stem
    if not before:
        before = video
    if video and before.startswith(f"{video}."):
        return video, before.removeprefix(f"{video}.")
    if before.endswith(f".{_NOVA_VIDEO}"):
        return "", before.removesuffix(f".{_NOVA_VIDEO}")
    if role and before == role:
        return "", role
    if role and before.endswith(f".{role}"):
        return before.removesuffix(f".{role}"), role
    if is_session:
        return "", role or before
    return before, role
