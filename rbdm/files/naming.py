"""The names of a video's files."""

from pathlib import Path

from rbdm.types import ANNOTATIONS, AnnotationName

VIDEO_ENDINGS = frozenset(
    {".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4"}
    | {".mpeg", ".mpg", ".mts", ".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv"}
)
"""What a file in a folder must end with to be taken for a video; a file that is named may end with anything."""
IMAGE_ENDINGS = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""Videos of one frame, which must be named."""

_NOVA_VIDEO = ".video"


def annotation_ending(name: AnnotationName) -> str:
    """What follows the video's stem in the name of an annotation: `.expression.annotation` and so on."""
    return f".{name}.annotation"


def annotation_paths(folder: Path, stem: str) -> dict[AnnotationName, Path]:
    """The header files of the three annotations: `folder/<stem>.expression.annotation` and so on."""
    return {name: folder / f"{stem}{annotation_ending(name)}" for name in ANNOTATIONS}


def box_stream_path(folder: Path, stem: str) -> Path:
    """Where the stream of a video goes: `<stem>.face_bounding_box.stream`.

    In NOVA's folders files are called `<role>.<stream>`: there `guest.video.mp4` has `guest.face_bounding_box.stream`.
    """
    return folder / f"{stem.removesuffix(_NOVA_VIDEO)}.face_bounding_box.stream"


def printable(name: str) -> str:
    """A file's name as text: Linux allows any bytes in it."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def data_path(header: Path) -> Path:
    """Where SSI has the data of a header: the file of the same name and `~`."""
    return header.with_name(header.name + "~")
