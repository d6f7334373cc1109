"""Says in which frames the face is too small or turned too far, or may be none, so that users can exclude them."""

import numpy as np
import numpy.typing as npt

from rbdm.timeline.timeline import Timeline

SMALL = 40.0
"""Pixels. Below this size, the network sees less than it needs: `docs/output.md` has the measurements of all limits."""
TURNED_YAW, TURNED_ROLL = 45.0, 30.0
"""Degrees."""
UNSURE = 0.7
"""The confidence of the face detector."""

RULES = {
    "small": f"the box is smaller than {SMALL:g} pixels",
    "turned": f"yaw is more than {TURNED_YAW:g}° or roll more than {TURNED_ROLL:g}° to either side",
    "unsure": f"the confidence of the face detector is below {UNSURE:g}",
}
"""The flags, and when a frame has them, in words."""
NO_FLAG = "ok"


def flagged(timeline: Timeline) -> dict[str, npt.NDArray[np.bool_]]:
    """For each of `RULES`, (T,) bool: the frames with a face that it applies to."""
    applies = {
        "small": timeline.face_size < SMALL,
        "turned": (np.abs(timeline.yaw) > TURNED_YAW) | (np.abs(timeline.roll) > TURNED_ROLL),
        "unsure": timeline.face_confidence < np.float32(UNSURE),
    }
    return {name: timeline.has_face & applies[name] for name in RULES}


def flags(timeline: Timeline) -> npt.NDArray[np.str_]:
    """(T,) text: `ok`, or the flags of a frame with `+` between them, such as `small` or `small+turned`.

    Empty if the frame has no face, or if it is not known how the head is turned.
    """
    texts = np.full(len(timeline.time), "", object)
    for name, frames in flagged(timeline).items():
        texts[frames] += "+" + name
    texts = np.where(texts == "", NO_FLAG, texts.astype(str))
    return np.where(np.isnan(timeline.yaw), "", np.char.lstrip(texts, "+")).astype(np.str_)
