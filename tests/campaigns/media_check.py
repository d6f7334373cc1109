"""Reads a clip of the campaign with rbdm, and says what differs from the truth."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from rbdm.errors import InputError
from rbdm.media.video import Video
from tests.campaigns import barcode
from tests.campaigns.clip_writer import Truth

_EDIT_LIST_TICK = 1e-3
"""Seconds: MP4 says in milliseconds when a stream starts."""
_COMBED = 4.0
"""A deinterlaced picture is less combed than this."""


@dataclass
class Outcome:
    """What came of one clip.

    Attributes:
        faults: what differs from the truth, one line each.
        warnings: what rbdm said.
        refused: the error with which rbdm refused the file, or None.
    """

    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    refused: str | None = None

    @property
    def kind(self) -> str:
        """`right`, `right, with a warning`, `differs, said`, `refused` or `WRONG, NOT SAID`."""
        if self.refused:
            return "refused"
        if self.faults:
            return "differs, said" if self.warnings else "WRONG, NOT SAID"
        return "right, with a warning" if self.warnings else "right"


def check(path: Path, truth: Truth) -> Outcome:
    """Read the clip, and compare its frames, times, colours, size, rate and duration with the truth."""
    outcome = Outcome()
    try:
        with Video(path) as video:
            found = [(frame.time, barcode.read(frame.rgb(), truth.grey), frame.width, frame.height) for frame in video]
    except InputError as error:
        outcome.refused = str(error)
        return outcome
    outcome.warnings = [warning.removeprefix(f"{path}: ") for warning in video.warnings]
    faults = outcome.faults
    readings = [reading for _, reading, _, _ in found]
    faults += _picture_faults(readings, truth)
    faults += _time_faults([(time, reading.number) for time, reading, _, _ in found], truth)
    sizes = {(width, height) for _, _, width, height in found}
    ratios = [width / height for width, height in sizes]
    if any(abs(ratio / truth.ratio - 1) > 0.015 for ratio in ratios) or (video.width, video.height) not in sizes:
        faults.append(
            f"size: {sizes} of Frame, {(video.width, video.height)} of Video, ratio should be {truth.ratio:.3f}"
        )
    if min(abs(video.sample_rate / rate - 1) for rate in truth.rates) > 0.05:
        faults.append(f"rate: {video.sample_rate:.3f} Hz instead of {truth.rates[0]:.3f} or {truth.rates[1]:.3f}")
    usual = 1 / truth.rates[1]
    off = video.duration - (truth.times[-1] + usual)
    if not -usual < off < max(usual, 0.06) + truth.shift + truth.tolerance:
        faults.append(f"duration: {video.duration:.3f} s instead of {truth.times[-1] + usual:.3f}")
    return outcome


def _picture_faults(readings: list[barcode.Reading], truth: Truth) -> list[str]:
    faults = []
    turned = sum(not reading.upright for reading in readings)
    if turned:
        faults.append(f"orientation or colours: corners at wrong places in {turned} of {len(readings)} frames")
    unreadable = sum(reading.number is None for reading in readings)
    if unreadable:
        faults.append(f"picture: {unreadable} of {len(readings)} frames are unreadable")
    worst = max((reading.colour_error for reading in readings), default=0.0)
    if worst > truth.colour_tolerance and not turned:
        faults.append(f"colours: off by up to {worst:.0f}")
    combed = float(np.median([reading.combed for reading in readings])) if readings else 0.0
    if truth.interlaced and combed > _COMBED:
        faults.append(f"interlacing: the picture is combed ({combed:.1f})")
    return faults


def _time_faults(found: list[tuple[float, int | None]], truth: Truth) -> list[str]:
    faults = []
    numbers = [number for _, number in found]
    if tuple(numbers) != truth.numbers:
        missing = sorted(set(truth.numbers) - set(numbers))
        faults.append(
            f"frames: {len(numbers)} instead of {len(truth.numbers)}; missing {missing[:5]} ({len(missing)}), "
            f"first {numbers[:4]}, in order: {numbers == sorted(n for n in numbers if n is not None)}"
        )
    right = dict(zip(truth.numbers, truth.times, strict=True))
    errors = np.array([time - right[number] for time, number in found if number in right])
    if not len(errors):
        return faults
    if np.ptp(errors) > truth.tolerance:
        faults.append(f"times: off from {1000 * errors.min():+.1f} to {1000 * errors.max():+.1f} ms")
    elif errors.min() < -truth.tolerance - _EDIT_LIST_TICK or errors.max() > truth.shift + truth.tolerance:
        faults.append(f"start: all times off by {1000 * errors.mean():+.1f} ms")
    return faults
