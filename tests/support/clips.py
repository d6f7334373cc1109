"""Small video files made on the fly, whose frames say which frame they are and which way up they stand."""

import struct
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

TIME_BASE = Fraction(1, 90_000)
CORNERS = {"top left": (220, 40, 40), "top right": (40, 200, 40), "bottom left": (40, 40, 220)}
GREY_STEP = 8
"""Difference of grey from a frame's middle to the next frame's; frame 0 has 16."""


def picture(index: int, width: int, height: int) -> Picture:
    """(height, width, 3) RGB: corners red, green, blue and white, in the middle a grey that counts frames."""
    image = np.full((height, width, 3), 240, np.uint8)
    image[: height // 2, : width // 2] = CORNERS["top left"]
    image[: height // 2, width // 2 :] = CORNERS["top right"]
    image[height // 2 :, : width // 2] = CORNERS["bottom left"]
    image[height // 4 : -(height // 4), width // 4 : -(width // 4)] = 16 + GREY_STEP * (index % 28)
    return image


def disc(index: int, width: int, height: int) -> Picture:
    """(height, width, 3) RGB: a black disc on white, when it is shown 16:9."""
    y, x = np.mgrid[:height, :width]
    distance = np.hypot((y + 0.5) / height - 0.5, ((x + 0.5) / width - 0.5) * 16 / 9)
    return np.repeat(np.where(distance < 0.4, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def frame_number(image: Picture) -> int:
    """Which frame (modulo 28) the decoded `image` of `picture` is."""
    height, width = image.shape[:2]
    middle = image[height * 3 // 8 : height * 5 // 8, width * 3 // 8 : width * 5 // 8].mean()
    return round((float(middle) - 16) / GREY_STEP)


def corner_colours(image: Picture) -> list[str]:
    """The colours of the corners top left, top right, bottom left, bottom right."""
    names = {**{colour: name for name, colour in CORNERS.items()}, (240, 240, 240): "bottom right"}
    spots = (image[4, 4], image[4, -5], image[-5, 4], image[-5, -5])
    return [min(names.items(), key=lambda item: np.abs(spot - np.array(item[0])).sum())[1] for spot in spots]


def write_clip(
    path: Path,
    times: Sequence[float],
    *,
    size: tuple[int, int] = (64, 48),
    rate: Fraction | int = 30,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: Mapping[str, str] | None = None,
    container_options: Mapping[str, str] | None = None,
    rotation: int = 0,
    mirrored: bool = False,
    aspect: Fraction | None = None,
    sound: bool = False,
    draw: Callable[[int, int, int], Picture] = picture,
) -> Path:
    """A clip with a `picture` for each of `times` (seconds), turned left by `rotation` degrees.

    Its pixels are `aspect` times as wide as high.

    With `sound`, 0.1 s of silence starts at 0.
    Times before 0 come out as an edit list where the container has one: they are in the file but not shown.
    """
    with av.open(str(path), "w", options=dict(container_options or {})) as container:
        stream = container.add_stream(codec, rate=rate, options=_lossless(codec) | dict(options or {}))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        stream.time_base = stream.codec_context.time_base = _time_base(codec, rate)
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation or mirrored:
            stream.set_display_rotation(rotation, hflip=mirrored)
        speaker = container.add_stream("aac", rate=48_000) if sound else None
        container.start_encoding()
        if speaker:
            container.mux([*speaker.encode(_silence()), *speaker.encode()])
        for index, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(draw(index, *size), "rgb24").reformat(format=pix_fmt)
            frame.time_base = stream.codec_context.time_base
            frame.pts = round(time / frame.time_base)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_flat_clip(path: Path, rgb: tuple[int, int, int], *, colorspace: int, full_range: bool, **kind: Any) -> Path:
    """Three frames of one colour, encoded by the standard's own formula (no library converts them).

    `colorspace` is 1 for BT.709, 5 or 6 for BT.601, 2 for a file that does not say (encoded as BT.709 from
    720 lines on, else as BT.601); `kind` may hold `size` and `pix_fmt` (planar YUV 4:2:0 of 8 or 10 bits).
    """
    (width, height), pix_fmt = kind.get("size", (64, 48)), kind.get("pix_fmt", "yuv420p")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options=_lossless("libx264"))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.codec_context.colorspace = colorspace
        stream.codec_context.color_range = 2 if full_range else 1
        hd = colorspace == 1 or (colorspace == 2 and height >= 720)
        values = _yuv(rgb, hd, full_range, bits=10 if "10" in pix_fmt else 8)
        for _ in range(3):
            frame = av.VideoFrame(width, height, pix_fmt)
            dtype = np.dtype(np.uint16 if "10" in pix_fmt else np.uint8)
            for plane, value in zip(frame.planes, values, strict=True):
                plane.update(np.full(plane.buffer_size // dtype.itemsize, value, dtype).tobytes())
            frame.colorspace, frame.color_range = colorspace, 2 if full_range else 1
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def constant(count: int, rate: float = 30, start: float = 0) -> list[float]:
    """`count` frame times at a constant `rate`, from `start` seconds."""
    return [start + index / rate for index in range(count)]


def truncated(source: Path, path: Path, fraction: float) -> Path:
    """`path` with the first `fraction` of the bytes of `source`."""
    data = source.read_bytes()
    path.write_bytes(data[: int(len(data) * fraction)])
    return path


def _silence() -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.zeros((2, 4800), np.float32), "fltp", "stereo")
    frame.sample_rate = 48_000
    return frame


def _lossless(codec: str) -> dict[str, str]:
    return {"libx264": {"crf": "1", "preset": "ultrafast"}, "mpeg4": {"qmin": "1", "qmax": "2"}}.get(codec, {})


def _time_base(codec: str, rate: Fraction | int) -> Fraction:
    return 1 / Fraction(rate) if codec in ("mpeg4", "mpeg2video") else TIME_BASE


def _yuv(rgb: tuple[int, int, int], hd: bool, full_range: bool, bits: int) -> tuple[int, int, int]:
    """Y'CbCr of ITU-R BT.709 (`hd`) or BT.601, with the quantisation that these standards and JFIF give."""
    red, green, blue = (value / 255 for value in rgb)
    kr, kb = (0.2126, 0.0722) if hd else (0.299, 0.114)
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    chroma = (blue - luma) / (2 - 2 * kb), (red - luma) / (2 - 2 * kr)
    scale = 1 << (bits - 8)
    if full_range:
        top = 256 * scale - 1
        return round(top * luma), *(round(top * value + 128 * scale) for value in chroma)  # type: ignore[return-value]
    return round((16 + 219 * luma) * scale), *(round((128 + 224 * value) * scale) for value in chroma)  # type: ignore[return-value]


def claim_frames(path: Path, count: int) -> None:
    """Make the headers of an AVI file say that it has `count` frames."""
    data = bytearray(path.read_bytes())
    for at in (data.index(b"avih") + 8 + 16, data.index(b"strh") + 8 + 32):
        data[at : at + 4] = count.to_bytes(4, "little")
    path.write_bytes(data)


def write_jpeg(path: Path, image: Picture, orientation: int) -> Path:
    """A photograph whose EXIF says how the camera was held (1…8)."""
    jpeg = cv2.imencode(".jpg", image[:, :, ::-1])[1].tobytes()
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)
    path.write_bytes(jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:])
    return path


def write_sound(path: Path) -> Path:
    """A file with sound and no picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48_000)
        assert isinstance(stream, av.AudioStream)
        container.mux([*stream.encode(_silence()), *stream.encode()])
    return path
