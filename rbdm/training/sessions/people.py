"""Finds the people whose videos were annotated by hand: their annotations, their video and their box stream."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from os.path import commonpath
from pathlib import Path

from rbdm.batch.box_streams import find_stream
from rbdm.errors import InputError
from rbdm.expressions import EXPRESSIONS
from rbdm.files.naming import box_stream_path, folded, printable
from rbdm.ssi import read_annotation_header
from rbdm.study.results import Result, find_results
from rbdm.study.videos import NOVA_VIDEO, video_candidates
from rbdm.timeline.provenance import ANNOTATOR
from rbdm.types import Notify

SPLITS = ("session", "role")


@dataclass(frozen=True)
class Person:
    """One person in one video, with the annotations of one or several people.

    Attributes:
        video: the video.
        boxes: the box stream of the person; None if the face has to be found.
        role: the role or name of the person; empty if nothing names one.
        session: the name of the session.
        results: the annotations, one entry for each annotator.
    """

    video: Path
    boxes: Path | None
    role: str
    session: str
    results: tuple[Result, ...]

    def __str__(self) -> str:
        """The session, and the role if there is one."""
        return printable(f"{self.session} ({self.role})" if self.role else self.session)

    def unit(self, split: str) -> str:
        """What is held out as a whole: the session, or with the split `role` the role."""
        return self.role if split == "role" else self.session


def find_people(paths: Sequence[Path], annotators: Collection[str], videos: Path | None, warn: Notify) -> list[Person]:
    """Find everybody whose video was annotated by hand.

    A session is a folder with videos. If all videos are in one folder, each video is a session.

    Args:
        paths: folders, or header files; see `rbdm.study.results.find_results`.
        annotators: only the annotations of these people; empty for all. Annotations that rbdm has written are always
            left out.
        videos: a folder to look for the videos in first; None to look only beside the annotations.
        warn: called with one line of text about what is left out.

    Returns:
        The people, sorted by session and role.

    Raises:
        InputError: nothing was annotated by hand, or by one of these annotators; or a video is missing; or a video
            shows several people, and there are no box streams that say who is who.
    """
    results = _by_hand(_find(paths, warn), annotators, warn)
    groups: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        groups[result.video, result.person].append(result)
    _join_nameless(groups)
    found = [
        Person(_video_of(name, role, group, videos), None, role, name, tuple(group))
        for (name, role), group in sorted(groups.items())
    ]
    return _with_sessions([_with_boxes(person, found) for person in found])


def check_split(people: Sequence[Person], split: str, warn: Notify) -> None:
    """Check that people can be held out by session or by role.

    Raises:
        InputError: there is only one session, or only one role, or somebody has no role.
    """
    if split not in SPLITS:
        raise InputError(f"split is {split!r}: it must be one of {', '.join(SPLITS)}")
    if split == "role" and (nameless := next((person for person in people if not person.role), None)):
        raise InputError(f"{nameless}: nothing names a role, so that people cannot be held out by role")
    units = {person.unit(split) for person in people}
    if len(units) < 2:
        what = "one session" if split == "session" else f"the role {next(iter(units))!r}"
        raise InputError(
            f"there is {what} only: nothing can be held out to see whether the new weights are better on others; "
            f"annotate at least one more {split}"
        )
    roles = Counter(role for session, role in {(person.session, person.role) for person in people} if role)
    if split == "session" and (common := [role for role, count in roles.items() if count > 1]):
        warn(
            f"the role {common[0]!r} is in {roles[common[0]]} sessions: if it is the same person in all of them, the "
            "figures are too good; if each role is one person, use --split role"
        )


def _find(paths: Sequence[Path], warn: Notify) -> list[Result]:
    try:
        return find_results(paths, warn)
    except InputError as error:
        if "there is no annotation" not in str(error):
            raise
        names = ", ".join(expression.name for expression in EXPRESSIONS)
        raise InputError(
            f"{error}: known classes are {names} and their synonyms, and continuous schemes are called valence or "
            "arousal"
        ) from None


def _by_hand(results: Sequence[Result], annotators: Collection[str], warn: Notify) -> list[Result]:
    kept = [result for result in results if not is_own(result)]
    if own := len(results) - len(kept):
        warn(f"{own} annotations that rbdm has written are left out: only those of people are learned")
    if not kept:
        raise InputError("rbdm has written all of these annotations: there is none that a person has made")
    wanted = [result for result in kept if not annotators or result.annotator in annotators]
    missing = sorted(set(annotators) - {result.annotator for result in kept})
    if missing:
        names = ", ".join(sorted({result.annotator or "(no name)" for result in kept}))
        raise InputError(f"there is no annotation by {printable(missing[0])!r}; annotators are {printable(names)}")
    return wanted


def is_own(result: Result) -> bool:
    """Whether rbdm has written one of the annotations: the annotator is called so, or the header names weights."""
    if folded(result.annotator) == ANNOTATOR:
        return True
    return any("weights_sha256" in read_annotation_header(path).meta for path in result.paths.values())


def _join_nameless(groups: dict[tuple[str, str], list[Result]]) -> None:
    """Put annotations that name no person to those of the only person who is named in the same video."""
    for video in {video for video, role in groups if not role}:
        roles = [role for other, role in groups if other == video and role]
        if len(roles) == 1:
            groups[video, roles[0]] += groups.pop((video, ""))


def _video_of(name: str, role: str, group: Sequence[Result], videos: Path | None) -> Path:
    beside = list(dict.fromkeys(result.folder for result in group))
    candidates = list(video_candidates(name, role, videos, beside))
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        places = list(dict.fromkeys(str(path.parent) for path in candidates))
        names = ", ".join(dict.fromkeys(path.name for path in candidates if path.suffix == ".mp4"))
        raise InputError(
            f"{group[0]}: there is no video {names} (or with another ending) in {', '.join(places)}; "
            "--videos names the folder of the videos"
        )
    return found


def _with_boxes(person: Person, people: Sequence[Person]) -> Person:
    others = [other for other in people if other.video == person.video and other is not person]
    boxes = find_stream(person.video, None)
    if person.role:
        own = box_stream_path(person.video.parent, person.role)
        boxes = own if own.is_file() else boxes
    if others and (boxes is None or boxes.name != box_stream_path(boxes.parent, person.role).name):
        raise InputError(
            f"{person.video}: {person.role or 'somebody'} and {others[0].role or 'somebody'} were annotated in it, "
            f"and no box stream says who is who: make {person.role}.face_bounding_box.stream with rbdm detect --face"
        )
    return replace(person, boxes=boxes)


def _with_sessions(people: list[Person]) -> list[Person]:
    """Name the sessions by the folders of the videos; in one folder by the videos, unless NOVA calls them by roles."""
    folders = {person.video.resolve().parent for person in people}
    if len(folders) == 1:
        return [
            person if person.video.stem.endswith(NOVA_VIDEO) else replace(person, session=person.video.stem)
            for person in people
        ]
    top = commonpath(folders)
    return [replace(person, session=person.video.resolve().parent.relative_to(top).as_posix()) for person in people]
