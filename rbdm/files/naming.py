"""The names of the files that belong to a video."""

import os
import re
import tempfile
import unicodedata
from itertools import count
from pathlib import Path

from rbdm.types import ANNOTATIONS, AnnotationName

VIDEO_ENDINGS = frozenset(
    {".264", ".265", ".3g2", ".3gp", ".amv", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv", ".h264", ".h265", ".hevc"}
    | {".ivf", ".m1v", ".m2t", ".m2ts", ".m2v", ".m4v", ".mjpeg", ".mjpg", ".mkv", ".mod", ".mov", ".mp4", ".mpe"}
    | {".mpeg", ".mpg", ".mpv", ".mts", ".mxf", ".nut", ".ogm", ".ogv", ".qt", ".rm", ".rmvb", ".tod", ".ts", ".vob"}
    | {".vro", ".webm", ".wmv", ".wtv", ".y4m"}
)
"""Only files with these endings count as videos in a folder. A file that is given by name may have any ending."""
IMAGE_ENDINGS = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""Images are videos of one frame. They are used only if they are given by name."""

_NOVA_VIDEO = ".video"
# Terminals obey control characters, some of them change the order of the letters, and surrogates are not text.
_NOT_PRINTABLE = re.compile("[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def annotation_ending(name: AnnotationName) -> str:
    """The end of the file name of an annotation, after the video's stem, e.g. `.expression.annotation`."""
    return f".{name}.annotation"


def annotation_paths(folder: Path, stem: str) -> dict[AnnotationName, Path]:
    """The header files of the three annotations: `folder/<stem>.expression.annotation` and so on."""
    return {name: folder / f"{stem}{annotation_ending(name)}" for name in ANNOTATIONS}


def box_stream_path(folder: Path, stem: str) -> Path:
    """The path of the box stream of a video: `<stem>.face_bounding_box.stream`.

    In NOVA's folders, files are named `<role>.<stream>`. There the box stream of the video `guest.video.mp4` is
    `guest.face_bounding_box.stream`.
    """
    return folder / f"{stem.removesuffix(_NOVA_VIDEO)}.face_bounding_box.stream"


def printable(name: str) -> str:
    """A name, or a text with names, for a log, a terminal or a file: control characters become escape sequences.

    So do bytes that are not text, which a name may contain on Linux.
    """
    return _NOT_PRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), name)


def unused(path: Path, word: str) -> Path:
    """A path beside `path` that does not exist: its name with `.word` at the end, and a number if that exists."""
    names = (path.with_name(f"{path.name}.{word}{'' if number == 1 else f'-{number}'}") for number in count(1))
    return next(name for name in names if not os.path.lexists(name))


def safe_name(text: str) -> str:
    """A file name that every system accepts, made from any text: letters, digits, `_`, `-` and `.`; at most 100."""
    return re.sub(r"[^\w.-]", "_", text)[-100:].lstrip(".") or "input"


def data_path(header: Path) -> Path:
    """The data file of an SSI header: the same path with `~` at its end."""
    return header.with_name(header.name + "~")


def folded(name: str) -> str:
    """A name in the form in which file systems that do not distinguish capital letters compare it."""
    return unicodedata.normalize("NFC", name).casefold()


def folds_names(folder: Path) -> bool:
    """Whether a folder holds only one of the names `a` and `A`, as is usual on Windows and macOS.

    This is tried out with a temporary file, in the nearest folder above if this one does not exist yet. If that cannot
    be written, the answer is yes.
    """
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.NamedTemporaryFile(prefix=".rbdm-case-", dir=folder) as file:
            return os.path.exists(folder / Path(file.name).name.upper())
    except OSError:
        return True
