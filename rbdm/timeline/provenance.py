"""What a result says about where it came from."""

from rbdm.files.naming import printable
from rbdm.options import Options
from rbdm.timeline.timeline import Timeline

ANNOTATOR = "rbdm"

RESULT_OPTIONS = ("num_expressions", "face_confidence", "merge_segments", "smoothing_ms", "stride")


def provenance(timeline: Timeline) -> dict[str, str]:
    """What an annotation's meta says about where it came from.

    Returns:
        weights, weights_sha256 and rbdm_version; options, those that change the result, as `name=value;…`; video, the
        file's name; and where they are known, video_bytes, its size, and boxes, see `Prediction.boxes_from`.
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
    """The options that change the result, weights aside, as `name=value;…`."""
    return ";".join(f"{name}={getattr(options, name)}" for name in RESULT_OPTIONS)
