"""Writes a list of times in a message."""

from collections.abc import Sequence

_SHOWN_TIMES = 5


def times_text(times: Sequence[float]) -> str:
    """A list of times in seconds for a message, such as `1.0 s, 2.5 s`. Of more than five times, it shows the first."""
    shown = ", ".join(f"{time:.1f} s" for time in times[:_SHOWN_TIMES])
    return shown if len(times) <= _SHOWN_TIMES else f"{shown} … ({len(times)} times)"
