"""The combinations of the media campaign: which values each property has, and which of them can be in one file."""

import heapq
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from fractions import Fraction

from allpairspy import AllPairs

RATES = {
    "25": Fraction(25),
    "30": Fraction(30),
    "50": Fraction(50),
    "24000/1001": Fraction(24000, 1001),
    "30000/1001": Fraction(30000, 1001),
    "60000/1001": Fraction(60000, 1001),
}
"""Hz. `variable` has distances from 20 to 60 ms, `drops` is 25 Hz and lacks every fourth or fifth frame."""
SARS = {"1:1": Fraction(1), "4:3": Fraction(4, 3), "64:45": Fraction(64, 45), "8:9": Fraction(8, 9)}
SIZES = {"small": (256, 192), "hd": (1280, 720), "pal": (720, 576)}


@dataclass(frozen=True)
class Case:
    """One clip of the campaign. Each field is one of the values of `AXES`."""

    container: str
    codec: str
    b_frames: str = "0"
    rate: str = "25"
    start: str = "0"
    sound: str = "none"
    rotation: str = "0"
    pixels: str = "yuv420p"
    range: str = "unsaid"
    matrix: str = "unsaid"
    sar: str = "1:1"
    scan: str = "progressive"
    size: str = "small"

    def __str__(self) -> str:
        """What differs from a plain clip."""
        plain = astuple(Case(self.container, self.codec))
        names = [field.name for field in fields(self)]
        told = [
            f"{name} {value}" for name, value, usual in zip(names, astuple(self), plain, strict=True) if value != usual
        ]
        return " ".join([f"{self.codec}.{self.container}", *told])


@dataclass(frozen=True)
class Container:
    """What a container can hold and say.

    Attributes:
        codecs: FFmpeg's names of encoders.
        sound: the encoder of its sound, or None.
        tick: seconds; times are rounded to multiples of it; 0 if it keeps the encoder's.
        rotates: whether it says how pictures are turned.
        says_sar: whether it says the pixel aspect ratio, whatever the codec is.
        says_colour: whether it says range and matrix, whatever the codec is.
        irregular: whether frames may have any time.
        starts: whether the first frame may have another time than 0.
        cuts: whether it has edit lists.
    """

    codecs: tuple[str, ...]
    sound: str | None = None
    tick: float = 0.0
    rotates: bool = False
    says_sar: bool = False
    says_colour: bool = False
    irregular: bool = True
    starts: bool = True
    cuts: bool = False


_MP4 = ("libx264", "libx265", "mpeg4", "mpeg2video", "libsvtav1", "libvpx-vp9", "mjpeg")
_LOSSLESS = ("ffv1", "huffyuv", "utvideo", "rawvideo")
_MATROSKA = (
    "libx264",
    "libx265",
    "mpeg4",
    "mpeg2video",
    "mjpeg",
    "libvpx",
    "libvpx-vp9",
    "libsvtav1",
    "prores_ks",
    "ffv1",
    "rawvideo",
)
CONTAINERS = {
    "mp4": Container(_MP4, "aac", rotates=True, says_sar=True, cuts=True),
    "mov": Container(
        ("libx264", "libx265", "mpeg4", "mjpeg", "prores_ks", "dnxhd", "qtrle", "png", "dvvideo"),
        "pcm_s16le",
        rotates=True,
        says_sar=True,
        cuts=True,
    ),
    "3gp": Container(("libx264", "mpeg4"), "aac", rotates=True, cuts=True),
    "mkv": Container(_MATROSKA, "pcm_s16le", 1e-3, rotates=True, says_colour=True),
    "webm": Container(("libvpx", "libvpx-vp9", "libsvtav1"), "libopus", 1e-3),
    "avi": Container(
        ("libx264", "mpeg4", "msmpeg4", "msmpeg4v2", "mpeg2video", "mjpeg", "wmv2", "dvvideo", *_LOSSLESS),
        "pcm_s16le",
        irregular=False,
        starts=False,
    ),
    "wmv": Container(("wmv1", "wmv2", "mpeg4", "msmpeg4", "libx264", "mjpeg"), "wmav2", 1e-3),
    "flv": Container(("flv", "libx264"), "aac", 1e-3),
    "ts": Container(("libx264", "libx265", "mpeg2video", "mpeg1video", "mpeg4"), "mp2", 1 / 90_000),
    "m2ts": Container(("libx264", "mpeg2video"), "ac3", 1 / 90_000),
    "mpg": Container(("mpeg1video", "mpeg2video", "libx264"), "mp2", 1 / 90_000, irregular=False),
    "nut": Container(("libx264", "mpeg4", "ffv1", "rawvideo", "mjpeg"), "pcm_s16le"),
    "mxf": Container(("mpeg2video", "dnxhd", "libx264"), "pcm_s16le", irregular=False, starts=False),
    "ogv": Container(("libvpx",), "libopus", irregular=False, starts=False),
    "ivf": Container(("libvpx", "libvpx-vp9", "libsvtav1"), starts=False),
    "y4m": Container(("wrapped_avframe",), irregular=False, starts=False),
    "h264": Container(("libx264",), irregular=False, starts=False),
    "hevc": Container(("libx265",), irregular=False, starts=False),
    "m2v": Container(("mpeg2video",), irregular=False, starts=False),
    "m4v": Container(("mpeg4",), irregular=False, starts=False),
    "mjpeg": Container(("mjpeg",), irregular=False, starts=False),
    "dv": Container(("dvvideo",), irregular=False, starts=False),
    "gif": Container(("gif",), tick=1e-2, irregular=False, starts=False),
    "apng": Container(("apng",), tick=1e-3, irregular=False, starts=False),
    "webp": Container(("libwebp_anim",), tick=1e-3, irregular=False, starts=False),
}
GUESSED_RATE = {"mjpeg"}
"""Containers that say no rate: a guess must be said."""

B_FRAME_CODECS = {"libx264", "libx265", "mpeg4", "mpeg2video", "mpeg1video"}
PIXELS = {
    "libx264": ("yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "gray", "nv12"),
    "libx265": ("yuv420p", "yuv422p", "yuv444p", "yuv420p10le"),
    "mjpeg": ("yuvj420p", "yuvj422p", "yuvj444p"),
    "libvpx": ("yuv420p",),
    "libvpx-vp9": ("yuv420p", "yuv444p"),
    "prores_ks": ("yuv422p10le", "yuv444p10le"),
    "dnxhd": ("yuv422p",),
    "qtrle": ("rgb24",),
    "png": ("rgb24", "rgba", "gray"),
    "apng": ("rgb24", "rgba"),
    "gif": ("rgb8",),
    "libwebp_anim": ("bgra", "yuv420p"),
    "dvvideo": ("yuv420p",),
    "ffv1": ("yuv420p", "yuv422p10le", "yuv444p", "gray", "bgr0", "gbrp10le"),
    "huffyuv": ("yuv422p", "rgb24"),
    "utvideo": ("yuv420p", "yuv422p", "gbrp"),
    "rawvideo": ("yuv420p", "uyvy422", "yuyv422", "nv12", "bgr24", "gray"),
    "mpeg2video": ("yuv420p", "yuv422p"),
    "wrapped_avframe": ("yuv420p", "yuv422p", "yuv444p", "gray"),
}
_FEWER = {
    ("avi", "rawvideo"): ("yuv420p", "uyvy422", "yuyv422", "nv12", "bgr24"),
    ("mkv", "rawvideo"): ("yuv420p", "uyvy422", "yuyv422", "nv12", "gray"),
}
_SAYS_MATRIX = {"libx264", "libx265", "libvpx-vp9", "libsvtav1", "mpeg2video", "prores_ks"}
_SAYS_RANGE = {"libx264", "libx265", "libvpx-vp9", "libsvtav1"}
_SAYS_NO_COLOUR = {"ffv1", "rawvideo", "mpeg4"}
"""Other codecs contradict what the container says."""
_SAYS_SAR = {"libx264", "libx265", "mpeg4", "dvvideo"}
_INTERLACES = {"libx264", "mpeg2video", "prores_ks", "dvvideo"}
_MPEG_RATES = {"25", "30", "50", "24000/1001", "30000/1001", "60000/1001", "drops"}
_SLOW = {"libx265", "libsvtav1", "libvpx-vp9", "libvpx", "libwebp_anim", "apng", "gif", "png"}

AXES: dict[str, tuple[str, ...]] = {
    "container": tuple(CONTAINERS),
    "codec": tuple(sorted({codec for container in CONTAINERS.values() for codec in container.codecs})),
    "b_frames": ("0", "2"),
    "rate": (*RATES, "variable", "drops"),
    "start": ("0", "later", "cut"),
    "sound": ("none", "with", "first", "late"),
    "rotation": ("0", "90", "180", "270", "mirrored"),
    "pixels": tuple(sorted({name for names in PIXELS.values() for name in names})),
    "range": ("unsaid", "limited", "full"),
    "matrix": ("unsaid", "bt601", "bt709", "bt2020"),
    "sar": tuple(SARS),
    "scan": ("progressive", "top first", "bottom first", "unflagged"),
    "size": tuple(SIZES),
}


def is_rgb(pixels: str) -> bool:
    """Whether a pixel format stores red, green and blue."""
    return pixels.startswith(("rgb", "bgr", "gbr"))


def possible(case: Case) -> bool:
    """Whether such a file can exist, and says all that the case tells of it."""
    box = CONTAINERS[case.container]
    return case.codec in box.codecs and _times_possible(case, box) and _picture_possible(case, box)


def _times_possible(case: Case, box: Container) -> bool:
    if case.b_frames != "0" and case.codec not in B_FRAME_CODECS:
        return False
    if case.rate == "variable" and (not box.irregular or case.codec in ("mpeg1video", "mpeg2video", "dvvideo")):
        return False
    if case.rate == "drops" and (not (box.irregular or case.container == "avi") or case.codec == "dvvideo"):
        return False
    # AVI has no presentation times, and these encoders give times of decoding that are one frame late.
    if case.container == "avi" and case.rate == "drops" and (case.codec == "mpeg2video" or case.b_frames != "0"):
        return False
    if case.codec == "dvvideo" and case.rate != "25":
        return False
    if case.codec in ("mpeg1video", "mpeg2video", "dnxhd", "mpeg4") and case.rate not in (*_MPEG_RATES, "variable"):
        return False
    if case.sound != "none" and box.sound is None:
        return False
    if case.sound in ("first", "late") and not box.starts:
        return False
    if case.start == "later" and not box.starts:
        return False
    return case.start != "cut" or (box.cuts and case.sound in ("none", "with"))


def _picture_possible(case: Case, box: Container) -> bool:
    if case.pixels not in pixels_of(case):
        return False
    colourless = is_rgb(case.pixels) or case.pixels.startswith("yuvj") or case.container in ("y4m", "webp")
    if colourless and (case.range, case.matrix) != ("unsaid", "unsaid"):
        return False
    by_box = box.says_colour and case.codec in _SAYS_NO_COLOUR
    if case.range != "unsaid" and not (by_box or case.codec in _SAYS_RANGE):
        return False
    if case.matrix != "unsaid" and not (by_box or case.codec in _SAYS_MATRIX):
        return False
    if case.rotation != "0" and not box.rotates:
        return False
    sar_said = box.says_sar or case.codec in _SAYS_SAR or (case.codec == "mpeg2video" and case.sar == "4:3")
    if case.sar != "1:1" and not sar_said:
        return False
    # MPEG-2 says the shape of the whole picture, and knows few of them.
    if case.codec == "mpeg2video" and (case.sar, case.size) not in (("1:1", case.size), ("4:3", "small")):
        return False
    # Only pictures of the size of a standard are examined.
    if case.scan == "unflagged" and case.size != "pal":
        return False
    if case.codec == "dvvideo" and (case.sar, case.size) not in (("64:45", "pal"),):
        return False
    if case.codec in _SLOW and case.size != "small":
        return False
    if case.codec == "dvvideo":
        return case.scan == "bottom first" and case.rotation == "0"
    interlaces = case.codec in _INTERLACES and case.pixels in ("yuv420p", "yuv422p", "yuv422p10le")
    turned = case.rotation != "0"
    return case.scan == "progressive" or (interlaces and not turned and case.rate in ("25", "30000/1001"))


def pixels_of(case: Case) -> Sequence[str]:
    """The pixel formats that the case's codec and container have."""
    return _FEWER.get((case.container, case.codec)) or PIXELS.get(case.codec, ("yuv420p",))


def pairwise_cases() -> list[Case]:
    """Cases that contain, for each container and codec, each possible pair of two values. The same at each call."""
    return [
        case for container, box in CONTAINERS.items() for codec in box.codecs for case in _cases_of(container, codec)
    ]


def _cases_of(container: str, codec: str) -> Iterator[Case]:
    base = plain(container, codec)
    names = [field.name for field in fields(Case)][2:]
    axes = [[value for value in AXES[name] if possible(replace(base, **{name: value}))] for name in names]
    free = [(name, values) for name, values in zip(names, axes, strict=True) if len(values) > 1]
    if len(free) < 2:
        yield from [replace(base, **{name: value}) for name, values in free for value in values] or [base]
        return

    def fits(row: Sequence[str]) -> bool:
        return possible(replace(base, **{name: value for (name, _), value in zip(free, row, strict=False)}))

    for row in AllPairs([values for _, values in free], filter_func=fits):
        yield replace(base, **{name: value for (name, _), value in zip(free, row, strict=True)})


def plain(container: str, codec: str) -> Case:
    """The plainest case of a container and a codec."""
    case = Case(container, codec)
    case = replace(case, pixels=pixels_of(case)[0])
    return replace(case, sar="64:45", size="pal", scan="bottom first") if codec == "dvvideo" else case


def sample(cases: Sequence[Case], count: int, seed: int) -> list[Case]:
    """`count` of the cases, chosen by `seed`."""
    return random.Random(seed).sample(list(cases), min(count, len(cases)))


def smallest_cover(cases: Sequence[Case]) -> list[Case]:
    """Some of the cases, which together contain every pair of two values of all of them."""
    heap = [(-len(_pairs(case)), at) for at, case in enumerate(cases)]
    heapq.heapify(heap)
    covered: set[object] = set()
    chosen = []
    while heap:
        _, at = heapq.heappop(heap)
        new = _pairs(cases[at]) - covered
        if new and heap and len(new) < -heap[0][0]:
            heapq.heappush(heap, (-len(new), at))
        elif new:
            covered |= new
            chosen.append(cases[at])
    return chosen


def pairs_covered(cases: Sequence[Case]) -> int:
    """How many different pairs of two values the cases contain."""
    return len(set().union(*map(_pairs, cases)))


def _pairs(case: Case) -> set[object]:
    return set(itertools.combinations(zip(AXES, astuple(case), strict=True), 2))
