"""What tests read out of videos: numbers, times and pictures of frames, and faces cut out in two ways."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from rbdm.faces.crop import box_in, crop, crop_region
from rbdm.media.frame import Frame
from rbdm.media.picture.region import Region
from rbdm.media.video import Video
from tests.support import clips


def decode(path: Path) -> tuple[list[int], npt.NDArray[np.float64], Video]:
    """Frame numbers as drawn by `clips.picture`, times in seconds, and the video after its last frame."""
    with Video(path) as video:
        seen = [(clips.frame_number(frame.rgb()), frame.time) for frame in video]
    return [number for number, _ in seen], np.array([time for _, time in seen]), video


def first_rgb(path: Path) -> clips.Picture:
    """The first frame as displayed."""
    with Video(path) as video:
        return next(iter(video)).rgb()


def both_crops(frame: Frame, box: np.ndarray, crop_scale: float) -> tuple[np.ndarray, np.ndarray, bool]:
    """The crop of the whole frame, the crop of the region around the box, and whether that was cut out."""
    size = frame.width, frame.height
    image, region = frame.around(crop_region(box, *size, crop_scale))
    cut = crop(image, box_in(region, box, *size), 224, crop_scale)
    return crop(frame.rgb(), box, 224, crop_scale), cut, region != Region(0, 0, *size)
