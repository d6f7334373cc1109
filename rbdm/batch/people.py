"""The result files of a video in which everybody is annotated: how many there are is known only after the work.

A record, `<video>.people.json`, lists the people and the files. A video is done if the record and its files exist.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rbdm.batch.results import check_results, conflict
from rbdm.batch.videos import VideoTask
from rbdm.errors import InputError
from rbdm.export.writers import Writer
from rbdm.faces.people.names import TOGETHER
from rbdm.files.atomic import atomic_write_all, check_writable
from rbdm.files.leftovers import remove
from rbdm.files.naming import data_path, folded
from rbdm.network.weights import hash_of
from rbdm.progress import OnProgress
from rbdm.timeline.timeline import Timeline
from rbdm.types import Notify

_CHANGE = "--overwrite replaces it, --out writes elsewhere"
_MOST_RECORD_BYTES = 64 << 20


@dataclass(frozen=True)
class _Record:
    """What a run wrote about a video.

    Attributes:
        made_with: how it was made: the meta of its annotations, and the names that were given to people.
        people: the people, each with `name`, `first` and `last` (seconds), `seconds` with a face, and `doubts`.
        files: the SHA-256 of each file (of a pair, that of the header) by its name; empty for files about everybody.
    """

    made_with: dict[str, Any]
    people: list[dict[str, Any]]
    files: dict[str, str]

    @property
    def names(self) -> list[str]:
        return [str(person["name"]) for person in self.people]


class PeopleResults:
    """The result files of one video in which everybody is annotated.

    Args:
        task: the video.
        writers: what to write.
        made_with: how new results would be made, see `rbdm.timeline.provenance`.
        names: the names that the user gives, see `rbdm.faces.people.names.check_names`.
        overwrite: whether existing results are replaced.
    """

    def __init__(
        self,
        task: VideoTask,
        writers: Iterable[Writer],
        made_with: Mapping[str, str],
        names: Mapping[str, str],
        overwrite: bool,
    ) -> None:
        self._task, self._writers, self._overwrite = task, list(writers), overwrite
        self._names, self._origin = names, made_with
        self._path = task.folder / f"{task.stem}.{TOGETHER}.json"

    def are_done(self) -> bool:
        """Whether there is nothing to write.

        Raises:
            InputError: existing results were made from another video or in another way, or cannot be used.
        """
        record = None if self._overwrite else self._record()
        return record is not None and not self._missing(self._paths(record.names))

    def check(self) -> None:
        """Check that the files can be written, as far as their names are known. Called before the video is decoded.

        Raises:
            InputError: a file with the name of a result exists, and is none.
            OutputError: one of them cannot be written.
        """
        check_writable(self._path)
        record = None if self._overwrite else self._record()
        likely = self._paths(record.names if record else [*self._names.values(), "1"])
        check_results({number: path for number, path in enumerate(likely.values())})
        if record is None:
            self._refuse_existing(likely.values())

    def write(self, people: Sequence[Timeline], progress: OnProgress, warn: Notify) -> None:
        """Write the files of all people and the record: all, or after an error none. Results that exist are kept.

        With `overwrite`, all are replaced, and files that an earlier run wrote about people who are not among these
        are removed, unless somebody has changed them.

        Args:
            people: from `rbdm.annotator.Annotator.annotate`.
            progress: called with the progress of an overlay.
            warn: called with one line of text for each file that is left although it belongs to no person.

        Raises:
            InputError: a file with the name of a result exists, and is none, or existing results are of other people.
            OutputError: a file cannot be written.
        """
        old = self._record_or_none() if self._overwrite else self._record()
        names = [timeline.person for timeline in people]
        if old and not self._overwrite and old.names != names:
            found = f"{', '.join(old.names) or 'nobody'}, not {', '.join(names) or 'nobody'}"
            raise InputError(f"{self._task.video}: {self._path.name} lists other people ({found}); {_CHANGE}")
        paths = self._paths(names)
        if not self._overwrite:
            paths = self._missing(paths)
            if old is None:
                self._refuse_existing(self._paths(names).values())
        by_name = {timeline.person: [timeline] for timeline in people} | {TOGETHER: list(people)}
        # The record comes last: without it, nothing counts as done.
        with atomic_write_all({**paths, None: self._path}) as temporary:
            files = {} if old is None or self._overwrite else dict(old.files)
            for key, path in paths.items():
                writer, name = key
                writer.write(by_name[name], temporary[key], progress)
                files[path.name] = hash_of(temporary[key]) if writer.per_person else ""
            made_with = {**self._origin, "video_bytes": _size(self._task), "names": dict(self._names)}
            record = _Record(made_with, [_description(timeline) for timeline in people], files)
            temporary[None].write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
        if self._overwrite and old:
            self._remove_stale(old, {path.name for path in paths.values()}, warn)

    def _paths(self, names: Sequence[str]) -> dict[tuple[Writer, str], Path]:
        """The files by writer and person; `TOGETHER` for those about everybody. Without people, there are none."""
        keys = [
            (writer, name)
            for writer in self._writers
            for name in (names if writer.per_person else [TOGETHER][: len(names)])
        ]
        task = self._task
        return {(writer, name): writer.path(task.folder, f"{task.stem}.{name}", task.video) for writer, name in keys}

    def _missing(self, paths: Mapping[tuple[Writer, str], Path]) -> dict[tuple[Writer, str], Path]:
        return {key: path for key, path in paths.items() if not os.path.isfile(path)}

    def _refuse_existing(self, paths: Iterable[Path]) -> None:
        if self._overwrite:
            return
        for path in paths:
            if os.path.lexists(path):
                text = f"{path} already exists, but no {self._path.name} lists it"
                raise InputError(f"{self._task.video}: {text}; {_CHANGE}")

    def _record(self) -> _Record | None:
        """The record, if there is one and its results may stay beside new ones; see `are_done` for errors."""
        if not os.path.lexists(self._path):
            return None
        record = self._record_or_none()
        problem = f"{self._path} cannot be read" if record is None else self._conflict(record)
        if problem:
            raise InputError(f"{self._task.video}: {problem}; {_CHANGE}")
        return record

    def _conflict(self, record: _Record) -> str:
        made_with = {**self._origin, "names": dict(self._names)}
        video = record.made_with.get("video"), record.made_with.get("video_bytes")
        if video != (self._origin["video"], _size(self._task)):
            return f"{self._path} already exists and was made from another video ({video[0]}, {video[1]} bytes)"
        for name, value in made_with.items():
            known = record.made_with.get(name)
            if known != value:
                return f"{self._path} already exists and was made with {name} {known!r}, not {value!r}"
        paths = self._paths(record.names)
        for path in paths.values():
            # A file of an earlier run that a run with --overwrite was not asked to write again.
            if path.name not in record.files and os.path.lexists(path):
                return f"{path} already exists, but {self._path.name} does not list it"
        problems = (
            conflict(self._task, {writer: path for (writer, of), path in paths.items() if of == name}, self._origin)
            for name in record.names
        )
        return next(filter(None, problems), "")

    def _record_or_none(self) -> _Record | None:
        try:
            if self._path.stat().st_size > _MOST_RECORD_BYTES:
                return None
            record = _Record(**json.loads(self._path.read_text(encoding="utf-8")))
            names, files = record.names, dict(record.files)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        fits = all(_is_name_of(name, self._task) for name in files) and len(set(map(folded, names))) == len(names)
        return record if fits and isinstance(record.made_with, dict) else None

    def _remove_stale(self, old: _Record, written: set[str], warn: Notify) -> None:
        for name, sha256 in old.files.items():
            path = self._task.folder / name
            if name in written or not sha256 or not path.is_file():
                continue
            if hash_of(path) == sha256:
                remove(path)
                remove(data_path(path))
            else:
                warn(f"{path}: belongs to a person of earlier results, but somebody has changed it: it is left")


def _description(timeline: Timeline) -> dict[str, Any]:
    """What the record says about a person."""
    face = timeline.has_face
    times, ends = timeline.time[face], timeline.frame_end[face]
    return {
        "name": timeline.person,
        "first": round(float(times[0]), 6),
        "last": round(float(ends[-1]), 6),
        "seconds": round(float((ends - times).sum()), 6),
        "doubts": [{"time": round(time, 6), "reason": reason} for time, reason in timeline.doubts],
    }


def _size(task: VideoTask) -> str:
    return str(task.video.stat().st_size)


def _is_name_of(name: object, task: VideoTask) -> bool:
    """Whether this is the plain name of a file about the video."""
    return isinstance(name, str) and os.path.basename(name) == name and name.startswith(f"{task.stem}.")
