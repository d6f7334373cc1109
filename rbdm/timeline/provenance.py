"""Provenance: what a result says about its video, its weights, its options and the version of rbdm."""

from rbdm.files.naming import printable
from rbdm.options import Options
from rbdm.timeline.timeline import Timeline

ANNOTATOR = "rbdm"

RESULT_OPTIONS = ("num_expressions", "face_confidence", "merge_segments", "smoothing_ms", "stride")
"""The options that change the result, apart from `weights`."""


def provenance(timeline: Timeline) -> dict[str, str]:
    """The provenance of a timeline, for the `<meta>` of an annotation.

    Returns:
        `weights`, `weights_sha256` and `rbdm_version`; `options`: the text of `options_text`; `video`: the file name of
        the video; and, if they are known, `video_bytes`: the size of that file, and `boxes`: see `Timeline.boxes_from`.
    """
    video = {"video_bytes": str(timeline.video_bytes or ""), "boxes": timeline.boxes_from}
    return {
        "weights": timeline.weights,
        "weights_sha256": timeline.weights_sha256,
        "rbdm_version": timeline.version,
        "options": options_text(timeline.options),
        "video": printable(timeline.video.name),
        **{name: value for name, value in video.items() if value},
    }


def options_text(options: Options) -> str:
    """The options that change the result, apart from `weights`, as `name=value;…`."""
    return ";".join(f"{name}={getattr(options, name)}" for name in RESULT_OPTIONS)
