"""Writes the clips of the media campaign, and says what a correct reader finds in them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.filter import Graph

from tests.campaigns import barcode
from tests.campaigns.media_cases import CONTAINERS, RATES, SARS, SIZES, Case, is_rgb

FRAMES = 40
HIDDEN = 8
"""How many frames the edit list of a clip with `start="cut"` hides."""
SOUND_DISTANCE = 0.4
"""Seconds between the starts of sound and picture where one of them is first."""
_LATER = 3.0
"""Seconds at which a clip with `start="later"` starts."""
_SOUND_RATE = 48_000
_SPACES = {"bt709": 1, "bt601": 6, "bt2020": 9}
_RANGES = {"limited": 1, "full": 2}
_WEIGHTS = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}
"""Weights of red and blue in the luma, from the ITU-R recommendations BT.601, BT.709 and BT.2020."""
_OPTIONS = {
    "libx264": {"crf": "8", "preset": "ultrafast"},
    "libx265": {"crf": "8", "preset": "ultrafast", "x265-params": "log-level=error:bframes=0"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8", "crf": "4", "b": "4M"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "8", "b": "0"},
    "libsvtav1": {"preset": "8", "crf": "4", "svtav1-params": "lp=1"},
    "dnxhd": {"profile": "dnxhr_hq"},
}
_QUALITY = {"qmin": "1", "qmax": "3"}
# Sound whose first samples are an encoder's delay may start up to this many seconds before the samples that it got.
_SOUND_DELAY = {"pcm_s16le": 0.0, None: 0.0}
LARGEST_SOUND_DELAY = 0.07


@dataclass(frozen=True)
class Truth:
    """What a correct reader finds in a clip.

    Attributes:
        numbers: the numbers of the frames that are shown, in order.
        times: seconds, when they are shown.
        tolerance: seconds, how far the distances of times may be off.
        shift: seconds, how much later all times may be: some files say that their sound starts a little earlier.
        rates: Hz, the average rate and the rate at which most frames follow.
        ratio: width / height as displayed.
        grey: whether the file has no colours.
        colour_tolerance: the largest error of a colour.
        interlaced: whether the two fields of a frame differ.
    """

    numbers: tuple[int, ...]
    times: tuple[float, ...]
    tolerance: float
    shift: float
    rates: tuple[float, float]
    ratio: float
    grey: bool
    colour_tolerance: float
    interlaced: bool


def write(case: Case, path: Path, count: int = FRAMES) -> Truth:
    """Write the clip of `case` to `path`, and say what is in it.

    Raises:
        av.FFmpegError: FFmpeg cannot write such a file.
        ValueError: likewise.
    """
    ticks, time_base = _ticks(case, count)
    base = _LATER if case.start == "later" else 0.0
    picture_at = base + (SOUND_DISTANCE if case.sound == "first" else 0)
    sound_at = base + (SOUND_DISTANCE if case.sound == "late" else 0)
    hidden = HIDDEN if case.start == "cut" else 0
    offset = round(picture_at / time_base) - ticks[hidden]
    with av.open(str(path), "w") as container:
        stream = _add_stream(container, case, time_base)
        speaker = _add_speaker(container, case)
        container.start_encoding()
        if speaker is not None:
            _write_sound(container, speaker, sound_at, float(ticks[-1] * time_base) + 0.1)
        for number, frame in enumerate(_frames(case, count)):
            frame.pts, frame.time_base = ticks[number] + offset, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    shown = [float((tick + offset) * time_base) for tick in ticks[hidden:]]
    return _truth(case, hidden, shown, sound_at)


def _truth(case: Case, hidden: int, shown: list[float], sound_at: float) -> Truth:
    width, height = SIZES[case.size]
    box = CONTAINERS[case.container]
    zero = min(shown[0], sound_at) if case.sound != "none" else shown[0]
    distances = np.diff(shown)
    usual = float(np.median(distances))
    ratio = float(width * SARS[case.sar] / height)
    delayed = _SOUND_DELAY.get(box.sound, LARGEST_SOUND_DELAY) if case.sound != "none" else 0.0
    return Truth(
        numbers=tuple(range(hidden, hidden + len(shown))),
        times=tuple(time - zero for time in shown),
        tolerance=box.tick * 1.01 + 1e-4,
        shift=delayed,
        rates=((len(shown) - 1) / (shown[-1] - shown[0]), 1 / usual),
        ratio=1 / ratio if case.rotation in ("90", "270") else ratio,
        grey=case.pixels == "gray",
        colour_tolerance=40.0 if case.pixels in ("rgb8",) else 14.0,
        interlaced=case.scan != "progressive",
    )


def _ticks(case: Case, count: int) -> tuple[list[int], Fraction]:
    """When the frames are shown, in units of the second result (seconds)."""
    if case.rate in RATES:
        return list(range(count)), 1 / RATES[case.rate]
    chance = random.Random(f"{case.container} {case.codec}")
    if case.rate == "drops":
        kept = (tick for tick in range(2 * count) if tick == 0 or chance.random() > 0.22)
        return [next(kept) for _ in range(count)], Fraction(1, 25)
    ticks = [0]
    while len(ticks) < count:
        ticks.append(ticks[-1] + chance.randint(20, 60))
    return ticks, Fraction(1, 1000)


def _add_stream(container: Any, case: Case, time_base: Fraction) -> Any:
    stream = container.add_stream(case.codec, rate=RATES.get(case.rate, Fraction(25)), options=_options(case))
    stream.width, stream.height = SIZES[case.size]
    stream.pix_fmt = case.pixels
    stream.time_base = stream.codec_context.time_base = time_base
    stream.codec_context.sample_aspect_ratio = SARS[case.sar]
    stream.codec_context.thread_count = 1
    if case.matrix != "unsaid":
        stream.codec_context.colorspace = _SPACES[case.matrix]
    if case.range != "unsaid":
        stream.codec_context.color_range = _RANGES[case.range]
    if case.rotation == "mirrored":
        stream.set_display_rotation(0, hflip=True)
    elif case.rotation != "0":
        stream.set_display_rotation(int(case.rotation))
    return stream


def _options(case: Case) -> dict[str, str]:
    options = dict(_OPTIONS.get(case.codec, _QUALITY))
    if case.codec == "libvpx-vp9":
        options["profile"] = {"yuv444p": "1"}.get(case.pixels, "0")
    if case.b_frames != "0":
        options["bf"] = case.b_frames
        if case.codec == "libx265":
            options["x265-params"] = "log-level=error:bframes=2:b-adapt=0"
    if case.scan in ("top first", "bottom first") and case.codec != "dvvideo":
        options["flags"] = "+ildct+ilme" if case.codec != "prores_ks" else "+ildct"
        if case.codec == "libx264":
            options["x264-params"] = "tff=1" if case.scan == "top first" else "bff=1"
    return options


def _add_speaker(container: Any, case: Case) -> Any:
    codec = CONTAINERS[case.container].sound
    if case.sound == "none" or codec is None:
        return None
    speaker = container.add_stream(codec, rate=_SOUND_RATE)
    speaker.bit_rate = 128_000
    return speaker


def _write_sound(container: Any, speaker: Any, start: float, seconds: float) -> None:
    tone = (np.sin(np.arange(round(seconds * _SOUND_RATE)) * 0.05) * 8000).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(np.repeat(tone, 2)[None], "s16", "stereo")
    frame.sample_rate, frame.pts, frame.time_base = _SOUND_RATE, round(start * _SOUND_RATE), Fraction(1, _SOUND_RATE)
    resampler = av.AudioResampler(
        format=speaker.codec_context.format or "s16",
        layout="stereo",
        rate=_SOUND_RATE,
        frame_size=speaker.codec_context.frame_size or 1024,
    )
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        container.mux(speaker.encode(piece))
    container.mux(speaker.encode(None))


def _frames(case: Case, count: int) -> Iterator[av.VideoFrame]:
    """All frames of the clip as the encoder gets them, without times."""
    field = {"top first": "tff", "bottom first": "bff"}.get(case.scan)
    graph, started = Graph(), False
    for number in range(count):
        frame = _coloured(case, _encoded_picture(case, number))
        if field is None:
            yield frame
            continue
        frame.pts, frame.time_base = number, Fraction(1, 25)
        if not started:
            nodes = (
                graph.add_buffer(
                    template=None,
                    width=frame.width,
                    height=frame.height,
                    format=frame.format,
                    name="in",
                    time_base=Fraction(1, 25),
                ),
                graph.add("setfield", field),
                graph.add("buffersink"),
            )
            graph.link_nodes(*nodes).configure()
            started = True
        graph.push(frame)
        yield graph.pull()  # type: ignore[misc]


def _encoded_picture(case: Case, number: int) -> barcode.Picture:
    """The picture as it is in the file: before a player turns it."""
    width, height = SIZES[case.size]
    if case.scan != "progressive":
        return barcode.draw_interlaced(number, width, height, case.scan != "bottom first")
    if case.rotation in ("90", "270"):
        width, height = height, width
    image = barcode.draw(number, width, height)
    return image[:, ::-1] if case.rotation == "mirrored" else np.rot90(image, -int(case.rotation) // 90)


def _coloured(case: Case, image: barcode.Picture) -> av.VideoFrame:
    """The picture in the case's pixel format, by the formulas of the standards."""
    if is_rgb(case.pixels):
        return av.VideoFrame.from_ndarray(np.ascontiguousarray(image), "rgb24").reformat(format=case.pixels)
    full = _is_full(case)
    luma_chroma = _to_yuv(image, _WEIGHTS[_matrix(case)], full)
    if case.pixels == "gray":
        return av.VideoFrame.from_ndarray(luma_chroma[0], "gray")
    frame = av.VideoFrame.from_ndarray(luma_chroma, "yuv444p")
    value = _RANGES["full" if full else "limited"]
    frame = frame.reformat(format=case.pixels, src_color_range=value, dst_color_range=value)
    if case.matrix != "unsaid":
        frame.colorspace = _SPACES[case.matrix]
    frame.color_range = value if case.range != "unsaid" or full else 0
    return frame


def _is_full(case: Case) -> bool:
    """Whether the luma has values from 0 to 255: by what the file says, or else by what is usual."""
    if case.range != "unsaid":
        return case.range == "full"
    return case.pixels.startswith("yuvj") or (case.pixels == "gray" and case.codec != "libx264")


def _matrix(case: Case) -> str:
    """The matrix: what the file says, or else what players assume."""
    if case.matrix != "unsaid":
        return case.matrix
    if case.codec in ("mjpeg", "libwebp_anim", "utvideo"):
        return "bt601"
    return "bt709" if case.size == "hd" or case.codec == "dnxhd" else "bt601"


def _to_yuv(image: barcode.Picture, weights: tuple[float, float], full: bool) -> barcode.Picture:
    """(3, H, W) uint8: luma, blue and red difference, from (H, W, 3) RGB."""
    red, green, blue = (image[:, :, channel].astype(np.float32) / 255 for channel in range(3))
    kr, kb = weights
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    differences = (blue - luma) / (2 - 2 * kb), (red - luma) / (2 - 2 * kr)
    if full:
        planes = [255 * luma, *(128 + 255 * value for value in differences)]
    else:
        planes = [16 + 219 * luma, *(128 + 224 * value for value in differences)]
    return np.clip(np.round(np.stack(planes)), 0, 255).astype(np.uint8)
