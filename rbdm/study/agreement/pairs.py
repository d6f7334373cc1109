"""Which annotations of A belong to which of B: those of the same person in the same video."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rbdm.errors import InputError
from rbdm.files.naming import printable
from rbdm.study.results import Result, find_results
from rbdm.timeline.schemes import tell
from rbdm.types import Notify, StrPath


@dataclass(frozen=True)
class Pair:
    """The annotations of one person in one video by both annotators."""

    a: Result
    b: Result

    @property
    def video(self) -> str:
        """The name of the video, as A has it."""
        return self.a.video

    @property
    def person(self) -> str:
        """The role or name of the person: A's, or else B's."""
        return self.a.person or self.b.person

    def __str__(self) -> str:
        """The video, and the person if there is a name."""
        return printable(f"{self.video} ({self.person})" if self.person else self.video)


@dataclass(frozen=True)
class Side:
    """What one of the two annotators has annotated.

    Attributes:
        name: of the annotator, for tables: what the user named, or the annotator of all files if there is one only.
        results: one for each video and person.
    """

    name: str
    results: Sequence[Result]


def find_sides(a: StrPath, b: StrPath, dataset: StrPath | None, warn: Notify | None) -> tuple[Side, Side]:
    """Find what A and B have annotated.

    Args:
        a: a file or folder, or with `dataset` the name of an annotator.
        b: the same for the other one.
        dataset: a folder with annotations of both, such as a dataset of NOVA.
        warn: called with one line of text about files that are left out; default: Python's `warnings`.

    Raises:
        InputError: a path does not exist, or has no annotation; or the dataset has none of this annotator.
    """
    if dataset is not None:
        results = find_results([Path(dataset)], warn)
        return _of_annotator(str(a), results, Path(dataset)), _of_annotator(str(b), results, Path(dataset))
    sides = []
    for named in (a, b):
        path = Path(named)
        if not path.exists() and path.name == str(named) and not path.suffix:
            raise InputError(f"{path}: there is no such file or folder; for the name of an annotator, add --in FOLDER")
        found = find_results([path], warn)
        annotators = {result.annotator for result in found} - {""}
        sides.append((annotators.pop() if len(annotators) == 1 else "", printable(str(path)), found))
    (name_a, path_a, found_a), (name_b, path_b, found_b) = sides
    if name_a and name_b and name_a != name_b:
        return Side(name_a, found_a), Side(name_b, found_b)
    return Side(path_a, found_a), Side(path_b, found_b)


def pair(a: Side, b: Side, warn: Notify | None) -> tuple[list[Pair], list[Result], list[Result]]:
    """Pair the results of the same person in the same video.

    If both have one person in a video, these two belong together even if their names differ: rbdm writes no name unless
    it is told one. If both are one result only, they belong together even if the names of their videos differ.

    Args:
        a: what A has annotated.
        b: what B has annotated.
        warn: called with one line of text for each pair with different names; default: Python's `warnings`.

    Returns:
        The pairs, A's results without a partner, and B's results without a partner.

    Raises:
        InputError: one side has two annotators of the same person, or there is no pair.
    """
    people_a, people_b = _by_video(a), _by_video(b)
    all_a, all_b = (
        [found for people in videos.values() for found in people.values()] for videos in (people_a, people_b)
    )
    pairs: list[Pair] = []
    if len(all_a) == len(all_b) == 1:
        pairs = [Pair(all_a[0], all_b[0])]
    else:
        for video in people_a.keys() & people_b.keys():
            pairs += _in_video(people_a[video], people_b[video])
    for found in pairs:
        if (found.a.video, found.a.person) != (found.b.video, found.b.person):
            tell(warn, f"compared although their names differ: {found.a} and {found.b}")
    if not pairs:
        raise InputError(
            f"{a.name} and {b.name} have no video in common, by name: {_some(a.results)}; and {_some(b.results)}"
        )
    used = {id(found.a) for found in pairs} | {id(found.b) for found in pairs}
    alone_a, alone_b = ([found for found in both if id(found) not in used] for both in (all_a, all_b))
    return sorted(pairs, key=lambda found: (found.video, found.person)), alone_a, alone_b


def _of_annotator(name: str, results: Sequence[Result], dataset: Path) -> Side:
    own = [result for result in results if result.annotator == name]
    if not own:
        names = ", ".join(sorted({result.annotator or "(no name)" for result in results}))
        raise InputError(f"{dataset}: there is no annotation by {printable(name)!r}; annotators are {printable(names)}")
    return Side(printable(name), own)


def _by_video(side: Side) -> dict[str, dict[str, Result]]:
    """The results by video and person. Two annotators of one person are one result if they annotated other things."""
    videos: dict[str, dict[str, Result]] = defaultdict(dict)
    for result in side.results:
        people = videos[result.video]
        other = people.get(result.person)
        if other is None:
            people[result.person] = result
        elif other.paths.keys().isdisjoint(result.paths):
            people[result.person] = replace(other, paths={**other.paths, **result.paths})
        else:
            raise InputError(
                f"{side.name} has annotations of the same person by two annotators: {other} and {result}: "
                "name a folder with one of them, or use --in FOLDER with the annotators' names"
            )
    return videos


def _in_video(a: dict[str, Result], b: dict[str, Result]) -> list[Pair]:
    if len(a) == len(b) == 1:
        return [Pair(next(iter(a.values())), next(iter(b.values())))]
    return [Pair(a[person], b[person]) for person in a.keys() & b.keys()]


def _some(results: Sequence[Result]) -> str:
    names = [str(result) for result in results]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
