"""The pictures of the demos, which are part of other packages, and the videos made from them."""

import importlib.util
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from rbdm.errors import RbdmError

Picture = npt.NDArray[np.uint8]
"""(height, width, 3) BGR."""

_EXTRAS = {"skimage": ("scikit-image", "server"), "matplotlib": ("matplotlib", "demo")}
"""By the name of a package: its name on PyPI, and the extra of rbdm with which it comes."""


def read_picture(package: str, name: str) -> Picture:
    """A picture that is part of a package.

    Raises:
        RbdmError: the package is not installed, or the picture is missing.
    """
    project, extra = _EXTRAS[package]
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise RbdmError(f"a picture of the demo comes with {project}: pip install 'rbdm[{extra}]'")
    image = cv2.imread(str(Path(found.submodule_search_locations[0]) / name))
    if image is None:
        raise RbdmError(f"{project} has no file {name}: reinstall it from PyPI")
    return image.astype(np.uint8, copy=False)


def write_video(path: Path, frames: Iterable[Picture], rate: int) -> None:
    """Write frames of one size, whose width and height are even, at `rate` frames per second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(rate))
        stream.pix_fmt = "yuv420p"
        for index, frame in enumerate(frames):
            if index == 0:
                stream.height, stream.width = frame.shape[:2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "bgr24")))
        container.mux(stream.encode())
