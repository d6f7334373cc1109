"""Reads the annotations of a study one after the other, and collects what the user should know about them."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from rbdm.errors import RbdmError
from rbdm.study.results import Readings, Result, read_result
from rbdm.timeline.schemes import tell
from rbdm.types import Notify

_INSTRUMENT = ("weights", "weights_sha256", "options")
"""What has to be the same in all of rbdm's annotations of a study."""


def read_each(
    results: Sequence[Result], failed: Callable[[RbdmError], None], notes: Counter[str]
) -> Iterator[tuple[Result, Readings]]:
    """Read results, one at a time: all of a study may not fit into memory.

    Args:
        results: from `rbdm.study.results.find_results`.
        failed: called with the error of a result that cannot be read; it is left out.
        notes: warnings, and how often each holds. Added are segments that are no expression, and at the end, different
            weights or options.
    """
    instruments: set[tuple[str, ...]] = set()
    for result in results:
        try:
            readings = read_result(result)
        except RbdmError as error:
            failed(error)
            continue
        if "weights" in readings.meta:
            instruments.add(tuple(readings.meta.get(name, "") for name in _INSTRUMENT))
        for name in readings.others:
            notes[f"segments of the class {name!r} are no expression and count as time without a face"] += 1
        yield result, readings
    if len(instruments) > 1:
        notes["the annotations were made with different weights or options: they are different instruments"] = 1


def note_end(readings: Readings, notes: Counter[str]) -> None:
    """Add a warning if nobody knows where the video ends, but its end is used."""
    if not readings.samples:
        notes["a video without valence and arousal counts as ending with its last segment"] += 1


def tell_notes(notes: Counter[str], warn: Notify | None) -> None:
    """Call `warn` (default: Python's `warnings`) with each warning, and how often it holds."""
    for text, count in notes.items():
        tell(warn, text if count == 1 else f"{text} ({count} times)")


def raise_error(error: RbdmError) -> None:
    """Raise the error: for callers who want no list of failures."""
    raise error
