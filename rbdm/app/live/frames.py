"""Turns the JPEG pictures of a camera into frames, as they are when they are read from the recording."""

import av

from rbdm.errors import InputError
from rbdm.media.decoder import Decoded, picture_decoder
from rbdm.media.frame import Display, Frame
from rbdm.media.picture.pixels import Converter
from rbdm.media.timestamps import TimedFrame

CODEC = "mjpeg"
_USUAL_LENGTH, _LONGEST = 1 / 30, 0.5
"""Seconds. The end of the newest frame is not known yet: it is assumed to be shown as long as the frame before it."""


class CameraFrames:
    """Decodes the pictures of a camera, one by one."""

    def __init__(self) -> None:
        self._decoder = picture_decoder(CODEC)
        self._converter = Converter()
        self._last = -_USUAL_LENGTH

    def frame(self, jpeg: bytes, time: float) -> Frame:
        """The frame of a picture.

        Args:
            jpeg: the picture.
            time: seconds; must increase.

        Raises:
            InputError: it is no picture, or a damaged one.
        """
        try:
            decoded = self._decoder.decode(av.Packet(jpeg)) if jpeg else []
        except (av.FFmpegError, ValueError):
            decoded = []
        if len(decoded) != 1:
            raise InputError("the browser sent a picture that is damaged or no JPEG: it is left out")
        length = min(time - self._last, _LONGEST)
        self._last = time
        timed = TimedFrame(Decoded(decoded[0], time, None, False), time, time + length, False)
        return Frame(timed, Display(), self._converter)
