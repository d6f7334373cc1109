"""Finds and reads the annotations of a study: those of rbdm, and those that people made in NOVA."""

import glob
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError, SchemeError
from rbdm.expressions import match_class
from rbdm.files.naming import printable
from rbdm.ssi import (
    Annotation,
    ContinuousScheme,
    DiscreteScheme,
    Rows,
    Scheme,
    read_annotation,
    read_annotation_header,
)
from rbdm.study.names import name_of
from rbdm.timeline.schemes import check_range, from_range, tell
from rbdm.types import ANNOTATIONS, VALUES, AnnotationName, Notify, Value

SEGMENT_DTYPE: np.dtype[np.void] = np.dtype(
    [("start", "<f8"), ("end", "<f8"), ("expression", "<i4"), ("confidence", "<f4")]
)
_ENDING = ".annotation"
_VALUE_NAMES: dict[Value, frozenset[str]] = {
    "valence": frozenset({"valence", "pleasure", "pleasantness"}),
    "arousal": frozenset({"arousal", "activation"}),
}
_ROUNDING = 0.011
"""Seconds. discover-utils rounds times to hundredths: neighbours that overlap by no more than this only touch."""

_COPIED = ": hcmlab's own module writes them so, and exchanges valence and arousal: annotate the video again"


@dataclass(frozen=True)
class Result:
    """The annotations that one annotator made of one person in one video.

    Attributes:
        video: the video's name without its ending, with the subfolder in the folder that was named: `day1/talk`. In
            NOVA's folders it is the session: the folder of the file.
        person: the role or name of the person; empty if nothing names one.
        annotator: who made the annotations, from the header or else the file name; empty if unknown.
        folder: the folder of the files.
        paths: the header files of `expression`, `valence` and `arousal`, as far as there are any.
    """

    video: str
    person: str
    annotator: str
    folder: Path
    paths: Mapping[AnnotationName, Path] = field(hash=False)

    def __str__(self) -> str:
        """The name of the result in a message, e.g. `talk (guest, rbdm)`."""
        about = ", ".join(name for name in (self.person, self.annotator) if name)
        return printable(f"{self.video} ({about})" if about else self.video)


@dataclass(frozen=True, eq=False)
class Samples:
    """Valence or arousal at a constant rate. Sample i is at i / rate seconds and lasts to the next one.

    Attributes:
        rate: Hz.
        score: (n,) float64 in [-1, 1], whatever the scheme's range is; NaN where there is no value.
        confidence: (n,) float64 in [0, 1]; 0 exactly where there is no value. rbdm writes how sure the face detector
            is there, and 0 where it found no face.
    """

    rate: float
    score: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]

    @property
    def start(self) -> npt.NDArray[np.float64]:
        """(n,) float64, seconds: when each sample starts."""
        return np.arange(len(self.score)) / self.rate

    @property
    def duration(self) -> float:
        """Seconds: when the last sample ends."""
        return len(self.score) / self.rate


@dataclass(frozen=True, eq=False)
class Readings:
    """What the annotations of a `Result` say.

    Attributes:
        segments: `SEGMENT_DTYPE` rows: start and end in seconds, index of `rbdm.expressions.EXPRESSIONS`, confidence in
            [0, 1]; in order of time, without overlaps. None if there is no annotation of expressions. Segments that
            are no expression (GARBAGE, REST, …) are left out.
        expressions: the indices of the expressions that the scheme has: the annotator could choose only these.
        samples: of valence and arousal, as far as they are annotated.
        duration: seconds: the end of the last sample or segment. Of expressions alone, nobody knows how long the video
            goes on after the last segment.
        others: the classes of the segments that are left out, and how many there are of each.
        meta: the attributes of the first header's `<meta>`, such as the weights and options; empty for NOVA's files.
    """

    segments: npt.NDArray[np.void] | None
    expressions: tuple[int, ...]
    samples: Mapping[Value, Samples]
    duration: float
    others: Mapping[str, int]
    meta: Mapping[str, str]


def find_results(paths: Sequence[Path], warn: Notify | None = None) -> list[Result]:
    """Find the annotations of expressions, valence and arousal in files and folders, and put together what belongs so.

    What an annotation contains is known from its scheme: discrete with classes that are expressions, or continuous and
    called valence or arousal. The file name and the header say which video, person and annotator it belongs to; see
    `rbdm.study.names`.

    Args:
        paths: header files (`.annotation`), patterns such as `*.annotation`, and folders, which are searched with their
            subfolders. Hidden files and folders are skipped.
        warn: called with one line of text if files of a folder are left out, because they contain something else or
            cannot be read; default: Python's `warnings`.

    Returns:
        One result for each video, person and annotator, sorted by these.

    Raises:
        InputError: a path does not exist, a file that was named contains something else or cannot be read, nothing was
            found, or two files say the same thing about the same video, person and annotator.
    """
    groups: dict[tuple[str, str, str], dict[AnnotationName, Path]] = {}
    seen: set[str] = set()
    others: Counter[str] = Counter()
    for path, root in (found for named in paths for found in _files(named)):
        key = os.path.normcase(path.resolve())
        if key in seen:
            continue
        seen.add(key)
        try:
            header = read_annotation_header(path)
        except InputError as error:
            if root is None:
                raise
            tell(warn, f"{error}: left out")
            continue
        value = value_of(header.scheme)
        if value is None:
            if root is None:
                raise InputError(f"{path}: the scheme {header.scheme.name!r} is no expression, valence or arousal")
            others[header.scheme.name] += 1
            continue
        group = groups.setdefault(name_of(path, root, header, value), {})
        if value in group:
            raise InputError(
                f"{group[value]} and {path}: both are {value} of the same video, person and annotator: name the folder "
                "that is above both, or leave one out"
            )
        group[value] = path
    if others:
        names = ", ".join(sorted(others))
        tell(warn, f"{others.total()} annotations of other schemes are left out: {printable(names)}")
    if not groups:
        where = ", ".join(map(str, paths)) or "nothing"
        raise InputError(f"{where}: there is no annotation of expressions, valence or arousal")
    return [
        Result(*key, next(iter(group.values())).parent, {name: group[name] for name in ANNOTATIONS if name in group})
        for key, group in sorted(groups.items())
    ]


def value_of(scheme: Scheme) -> AnnotationName | None:
    """What an annotation with this scheme contains, or None if it is none of our three annotations.

    A discrete scheme contains expressions if two of its classes do, or if one does and the scheme's name says so. A
    continuous scheme is known by its name alone.
    """
    words = set("".join(letter if letter.isalnum() else " " for letter in scheme.name.casefold()).split())
    if isinstance(scheme, DiscreteScheme):
        found = {match_class(item.name) for item in scheme.classes} - {None}
        named = any(word.startswith(("expression", "emotion")) for word in words)
        return "expression" if len(found) >= 2 or (found and named) else None
    if isinstance(scheme, ContinuousScheme):
        return next((value for value in VALUES if words & _VALUE_NAMES[value]), None)
    return None


def read_result(result: Result) -> Readings:
    """Read the annotations of a result from `find_results`.

    Raises:
        InputError: a file cannot be read or is damaged, segments overlap, a scheme's range is impossible, or
            confidences are not from 0 to 1.
    """
    read = {name: read_annotation(path) for name, path in result.paths.items()}
    samples = {value: _samples(result.paths[value], read[value]) for value in VALUES if value in read}
    ends = [found.duration for found in samples.values()]
    segments, expressions, others = None, tuple[int, ...](), Counter[str]()
    if "expression" in read:
        rows, classes = read["expression"].data, _classes(read["expression"])
        ends.append(float(rows["to"].max(initial=0)))
        segments = _segments(result.paths["expression"], rows, classes)
        expressions = tuple(sorted({index for index in classes.values() if index is not None}))
        others = _others(read["expression"], classes)
    return Readings(segments, expressions, samples, max(ends), others, next(iter(read.values())).meta)


def _files(named: Path) -> Iterator[tuple[Path, Path | None]]:
    """The header files that a path means, each with the folder that was named (None if it was the file itself)."""
    if named.is_dir():
        yield from ((path, named) for path in _in_folder(named))
    elif glob.has_magic(str(named)) and not named.exists():
        found = [Path(name) for name in sorted(glob.glob(str(named), recursive=True))]
        if not found:
            raise InputError(f"{named}: no file matches this pattern")
        for path in found:
            yield from _files(path) if path.is_dir() or path.suffix == _ENDING else ()
    elif named.suffix != _ENDING and named.is_file():
        raise InputError(f"{named}: is no annotation: name folders or files that end in {_ENDING}")
    else:
        yield named, None


def _in_folder(named: Path) -> Iterator[Path]:
    def cannot_be_read(error: OSError) -> None:
        raise InputError(f"{error.filename}: cannot be read: {error.strerror}")

    for folder, folders, files in os.walk(named, onerror=cannot_be_read):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(_ENDING) and name[0] != ".")


def _classes(annotation: Annotation) -> dict[int, int | None]:
    """The expression that each id of a scheme means, or None.

    `match_classes` looks for the one class to write. Here each class that means an expression counts.
    """
    assert isinstance(annotation.scheme, DiscreteScheme)
    return {item.id: match_class(item.name) for item in annotation.scheme.classes if item.id >= 0}


def _others(annotation: Annotation, classes: dict[int, int | None]) -> Counter[str]:
    assert isinstance(annotation.scheme, DiscreteScheme)
    names = {item.id: item.name for item in annotation.scheme.classes}
    ids = [id for id in annotation.data["id"].tolist() if classes.get(id) is None]
    return Counter("GARBAGE" if id < 0 else names.get(id, f"id {id}") for id in ids)


def _segments(path: Path, rows: Rows, classes: dict[int, int | None]) -> npt.NDArray[np.void]:
    _refuse_confidences(path, rows["conf"])
    index = {id: found for id, found in classes.items() if found is not None}
    rows = np.sort(rows[np.isin(rows["id"], list(index)) & (rows["to"] > rows["from"])], order=("from", "to"))
    segments = np.empty(len(rows), SEGMENT_DTYPE)
    segments["start"], segments["end"], segments["confidence"] = rows["from"], rows["to"], rows["conf"]
    segments["expression"] = [index[id] for id in rows["id"].tolist()]
    overlap = segments["end"][:-1] - segments["start"][1:]
    if (overlap > _ROUNDING).any():
        time = segments["start"][1:][np.argmax(overlap > _ROUNDING)]
        raise InputError(f"{path}: two segments overlap at {time:.3f} s: correct them in NOVA")
    segments["end"][:-1] = np.minimum(segments["end"][:-1], segments["start"][1:])
    return segments[segments["end"] > segments["start"]]


def _samples(path: Path, annotation: Annotation) -> Samples:
    scheme = annotation.scheme
    assert isinstance(scheme, ContinuousScheme)
    try:
        check_range(scheme, lambda _: None)
    except SchemeError as error:
        raise InputError(f"{path}: {error}") from None
    score, confidence = (annotation.data[name].astype(np.float64) for name in ("score", "conf"))
    _refuse_confidences(path, confidence, _COPIED)
    if np.array_equal(score, confidence, equal_nan=True) and not np.isin(score, (0, 1)).all():
        raise InputError(f"{path}: the confidences are the scores{_COPIED}")
    known = np.isfinite(score) & (confidence > 0)
    converted = np.clip(from_range(score, scheme), -1, 1)
    return Samples(
        scheme.sample_rate, np.where(known, converted, np.nan), np.where(known, np.clip(confidence, 0, 1), 0)
    )


def _refuse_confidences(path: Path, confidence: npt.NDArray[np.floating], why: str = "") -> None:
    wrong = np.flatnonzero(~((confidence >= 0) & (confidence <= 1 + 1e-6)))
    if len(wrong):
        raise InputError(f"{path}: the confidence of row {wrong[0] + 1} is {confidence[wrong[0]]:g}, not 0 to 1{why}")
