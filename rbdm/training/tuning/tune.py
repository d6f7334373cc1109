"""Tunes weights on annotated videos: reads the sessions, measures held-out ones, and tunes on all of them."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError, OptionError, RbdmError
from rbdm.files.naming import printable
from rbdm.network.constants import Layer
from rbdm.network.weights import Weights
from rbdm.options import Options
from rbdm.progress import OnProgress
from rbdm.study.results import read_result
from rbdm.training.sessions.faces import FaceReader, LabelledMoments
from rbdm.training.sessions.labels import Labels, check_scores, labels_of
from rbdm.training.sessions.people import Person, check_split, find_people
from rbdm.training.tuning.base import Base, softmax
from rbdm.training.tuning.choice import OUTPUTS
from rbdm.training.tuning.estimate import Comparison, compare_expression, compare_value
from rbdm.training.tuning.frames import Faces, folds_of, together
from rbdm.training.tuning.tuner import Tuned, Tuner
from rbdm.types import Notify

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Material:
    """What the weights are tuned on.

    Attributes:
        sample_ms: milliseconds of a video that one face stands for.
        annotators: only the annotations of these people; empty for all.
        split: `session` or `role`: what is held out as a whole.
        videos: the folder with the videos; None to look beside the annotations.
        face_confidence: see `rbdm.options.Options`.
    """

    sample_ms: float = 500.0
    annotators: Collection[str] = ()
    split: str = "session"
    videos: Path | None = None
    face_confidence: float = 0.5

    def __post_init__(self) -> None:
        """Raise `OptionError` if a value is out of its range."""
        if not 20 <= self.sample_ms <= 60_000:
            raise OptionError(f"sample_ms is {self.sample_ms:g}: it must be from 20 to 60000")


@dataclass(frozen=True, eq=False)
class Outcome:
    """Tuned weights, and what is known about them.

    Attributes:
        start: the weights at the start.
        layers: the tuned layers; see `rbdm.training.tuning.tuner.Tuned`.
        settings: how each output was tuned, in words. Outputs that are not named are unchanged.
        comparisons: before and after on held-out units, by output.
        people: everybody who was learned from.
        units: the names of what was held out.
        annotators: who has annotated.
        moments: number of labelled faces.
        without_face: number of labelled moments without a face.
        failed: what could not be used, with the reason.
        material: the settings.
        kind: what was tuned: `heads`, `last-block` or `all`.
    """

    start: Weights
    layers: Mapping[str, Layer]
    settings: Mapping[str, str]
    comparisons: Mapping[str, Comparison]
    people: Sequence[Person]
    units: Sequence[str]
    annotators: Sequence[str]
    moments: int
    without_face: int
    failed: Sequence[str]
    material: Material
    kind: str


@dataclass(frozen=True)
class Show:
    """How the work is shown.

    Attributes:
        video: a context in which the progress of a video with this label is shown.
        progress: called with the progress of that video.
        warn: called with one line of text for each problem that did not stop the work.
        failed: called with each error that left out a video.
        say: called with one line of text about what is done.
    """

    video: Callable[[str], AbstractContextManager[None]]
    progress: OnProgress
    warn: Notify = lambda text: None
    failed: Callable[[RbdmError], None] = lambda error: None
    say: Notify = lambda text: None


def find_labels(paths: Sequence[Path], material: Material, warn: Notify) -> list[tuple[Person, Labels]]:
    """Find everybody who was annotated by hand, and read the labels. No video is decoded.

    Raises:
        InputError: see `find_people`, `check_split`, `read_result` and `check_scores`; or there is no label.
    """
    people = find_people(paths, material.annotators, material.videos, warn)
    found, others = [], Counter[str]()
    for person in people:
        readings = []
        for result in person.results:
            check_scores(result)
            readings.append(read_result(result))
            others.update(readings[-1].others)
        labels = labels_of(readings, material.sample_ms / 1000)
        if len(labels):
            found.append((person, labels))
        else:
            warn(f"{person}: no label: left out")
    for name, count in others.items():
        warn(f"{count} segments of the class {printable(repr(name))} are no expression: they are not learned")
    if not found:
        raise InputError("the annotations have no segment of an expression, and no value of valence or arousal")
    check_split([person for person, _ in found], material.split, warn)
    return found


def read_faces(
    found: Sequence[tuple[Person, Labels]], base: Base, tuner: Tuner, material: Material, show: Show
) -> tuple[list[LabelledMoments], list[str]]:
    """Decode the videos and compute what the tuner needs of each labelled face.

    Returns:
        The faces of each person, and one line for each person who is left out because the video cannot be used.
    """
    options = Options(face_confidence=material.face_confidence)
    reader = FaceReader(base.scorer(options), options, tuner.submit())
    moments, failed = [], []
    for person, labels in found:
        try:
            with show.video(str(person)):
                moments.append(reader.read(person, labels, show.progress, show.warn))
        except RbdmError as error:
            failed.append(str(error))
            show.failed(error)
    return moments, failed


def tune(
    found: Sequence[tuple[Person, Labels]],
    base: Base,
    tuner: Tuner,
    kind: str,
    material: Material,
    show: Show,
) -> Outcome:
    """Tune weights, and compare them with the start on held-out units.

    For the comparison, the whole way of tuning is repeated without some of the units, until each was held out once; the
    faces of a unit are predicted by heads that have not seen it. The result itself is tuned on all units. An output
    that is worse on held-out units stays as it is.

    Raises:
        InputError: fewer than two units have a face that can be used.
    """
    moments, failed = read_faces(found, base, tuner, material, show)
    people = [one.person for one in moments]
    check_split(people, material.split, lambda text: None)
    units = [person.unit(material.split) for person in people]
    faces = together(moments, units)
    outputs = [name for name in OUTPUTS if len(np.unique(faces.unit[faces.with_label(name)])) > 1]
    if not outputs:
        raise InputError(f"no kind of annotation is in two or more {material.split}s: nothing can be held out")
    before = tuner.start_values(faces.values)
    after = _held_out(faces, tuner, outputs, show.say)
    comparisons = {name: _compare(name, faces, before[name], after[name]) for name in outputs}
    kept = [name for name in outputs if comparisons[name].verdict != "worse"]
    show.say("tuning on everything")
    tuned = tuner.tune(faces, kept) if kept else Tuned({}, {}, tuner.start_values)
    return Outcome(
        start=base.weights,
        layers=tuned.layers,
        settings=tuned.settings,
        comparisons=comparisons,
        people=people,
        units=sorted(set(units)),
        annotators=sorted({result.annotator or "(no name)" for person in people for result in person.results}),
        moments=len(faces),
        without_face=sum(one.without_face for one in moments),
        failed=failed,
        material=material,
        kind=kind,
    )


def _held_out(faces: Faces, tuner: Tuner, outputs: Sequence[str], say: Notify) -> dict[str, Floats]:
    """The tuned outputs for each face, tuned without its unit."""
    folds = folds_of(faces.unit, tuner.most_folds, seed=0)
    values = {name: np.full((len(faces), 8 if name == "expression" else 1), np.nan) for name in outputs}
    for number, is_out in enumerate(folds, start=1):
        say(f"holding out part {number} of {len(folds)}")
        tuned = tuner.tune(faces.take(~is_out), outputs).values(faces.values[is_out])
        for name in outputs:
            values[name][is_out] = tuned[name]
    return values


def _compare(output: str, faces: Faces, before: Floats, after: Floats) -> Comparison:
    has_label = faces.with_label(output)
    labelled = faces.take(has_label)
    both = before[has_label], after[has_label]
    if output != "expression":
        return compare_value(output, labelled, *(np.tanh(values[:, 0]) for values in both))
    masked = (softmax(np.where(labelled.possible, values, -np.inf)) for values in both)
    return compare_expression(labelled, *masked)
