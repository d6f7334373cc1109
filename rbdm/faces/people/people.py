"""The people of a video: their numbers and names, and what is doubtful about who is who."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from rbdm.faces.people.tracks import LEAST_SECONDS, PeopleTracker, Track
from rbdm.media.times_text import times_text

_TOGETHER = 1.0
"""Seconds: whoever is first seen so soon after the first person counts as having been there from the start."""


class Person(NamedTuple):
    """A person in a video.

    Attributes:
        track: the number of the person's faces, see `rbdm.faces.runs.LocatedFace`.
        name: the name, or the number from the left; empty if only one person is followed.
        doubts: times in seconds, in order, from which on the face may be another person's, each with the reason.
    """

    track: int
    name: str = ""
    doubts: tuple[tuple[float, str], ...] = ()


class _Doubt(NamedTuple):
    """Times in seconds, the people that a doubt is about, and its kind, a key of `_LINES`."""

    times: list[float]
    tracks: tuple[int, ...]
    kind: str


_LINES = {
    "meeting": "people {one} and {others} come close at {times}: after that, they may be exchanged",
    "return": "person {one} was lost and is recognised only by place and size at {times}: it may be somebody else",
    "cut": "person {one} goes on after a cut at {times}, recognised only by place and size: it may be somebody else",
    "new": "person {one} is first seen at {times}, while {others} cannot be seen: they may be the same person",
}
_REASONS = {
    "meeting": "came close to {others}: after that, they may be exchanged",
    "return": "was lost and is recognised only by place and size",
    "cut": "goes on after a cut, recognised only by place and size",
    "new": "may be the same person as {others}",
}


class People:
    """The people of a video, from the left to the right as they were first seen; those who come later follow in order.

    People who were seen for less than a second, and less than half of the video, are left out.

    Args:
        tracker: has seen all frames.
        cuts: seconds, by the number of the track: when a person goes on after a cut.
        duration: of the video in seconds.
        names: checked by `rbdm.faces.people.names.check_names`.
    """

    def __init__(
        self, tracker: PeopleTracker, cuts: Mapping[int, list[float]], duration: float, names: Mapping[str, str]
    ) -> None:
        least = min(LEAST_SECONDS, duration / 2)
        kept = [track for track in tracker.tracks if track.seconds >= least]
        self._short = [track.first for track in tracker.tracks if track.seconds < least]
        start = min((track.first for track in kept), default=0.0)
        self._at_start = sum(track.first - start < _TOGETHER for track in kept)
        self._tracks = sorted(kept, key=lambda track: (max(track.first - start, _TOGETHER), track.place))
        self._names = names
        self._name = {track.number: self._name_of(place) for place, track in enumerate(self._tracks, 1)}
        self._doubts = list(self._all_doubts(tracker, cuts))

    def all(self) -> list[Person]:
        """All people, in order."""
        return [Person(track.number, self._name[track.number], self._doubts_of(track)) for track in self._tracks]

    def warnings(self, video: str) -> list[str]:
        """What the user should know, one line each. `video` is the video's name in these lines."""
        lines = [
            _LINES[kind].format(one=self._name[tracks[0]], others=self._names_of(tracks[1:]), times=times_text(times))
            for times, tracks, kind in self._doubts
        ]
        if self._short:
            text = "seen for less than a second and left out: at"
            lines.append(f"{len(self._short)} face{'s' * (len(self._short) > 1)} {text} {times_text(self._short)}")
        lines += [f"there is no person {target} who could be called {name}" for target, name in self._unused_names()]
        return [f"{video}: {line}" for line in lines]

    def _name_of(self, place: int) -> str:
        targets = [str(place), *(["left"] if place == 1 else []), *(["right"] if place == self._at_start else [])]
        return next((self._names[target] for target in targets if target in self._names), str(place))

    def _unused_names(self) -> Iterator[tuple[str, str]]:
        return ((target, name) for target, name in self._names.items() if name not in self._name.values())

    def _names_of(self, tracks: tuple[int, ...]) -> str:
        *first, last = [self._name[track] for track in tracks] or [""]
        return f"{', '.join(first)} and {last}" if first else last

    def _all_doubts(self, tracker: PeopleTracker, cuts: Mapping[int, list[float]]) -> Iterator[_Doubt]:
        """The doubts about the people who are kept."""
        for (one, other), times in tracker.meetings.items():
            if one in self._name and other in self._name:
                yield _Doubt(times, (one, other), "meeting")
        for kind, of_kind in (("return", tracker.returns), ("cut", cuts)):
            yield from (_Doubt(times, (track,), kind) for track, times in of_kind.items() if track in self._name)
        for track in self._tracks:
            away = tuple(number for number in track.away if number in self._name)
            if away:
                yield _Doubt([track.first], (track.number, *away), "new")

    def _doubts_of(self, track: Track) -> tuple[tuple[float, str], ...]:
        doubts = []
        for times, tracks, kind in self._doubts:
            if track.number == tracks[0] or (kind == "meeting" and track.number in tracks):
                others = tuple(number for number in tracks if number != track.number)
                doubts += [(time, _REASONS[kind].format(others=self._names_of(others))) for time in times]
        return tuple(sorted(doubts))
