"""What is learned, measured and kept, with a tuner that gives predictions as told."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbdm.errors import InputError, OptionError, RbdmError
from rbdm.network.weights import Weights
from rbdm.training.sessions.labels import Labels
from rbdm.training.sessions.people import Person
from rbdm.training.tuning import tune as tuning
from rbdm.training.tuning.base import Base
from rbdm.training.tuning.tune import Material, Show, find_labels, tune
from rbdm.training.tuning.tuner import HeadsTuner, Tuned
from tests.support.study import write_samples, write_segments

SHOW = Show(lambda label: nullcontext(), lambda progress: None)


def labels(count: int, with_valence: bool) -> Labels:
    """Labels of all eight expressions in turn."""
    classes = np.arange(count) % 8
    affect = np.full((count, 2), np.nan)
    if with_valence:
        affect[:, 0] = np.linspace(-0.9, 0.9, count)
    return Labels(np.arange(count) / 2, np.full(count, 0.5), np.eye(8)[classes], np.ones((count, 8), bool), affect)


class Told:
    """A tuner that recognises each face with a probability: `values` of a face are its right outputs.

    Attributes:
        seen: which units were learned from, call by call; the last call is the final one.
        asked: the outputs, call by call.
    """

    most_folds = 10

    def __init__(self, before: float, after: float) -> None:
        self.before, self.after = before, after
        self.seen: list[set[int]] = []
        self.asked: list[tuple[str, ...]] = []

    def submit(self) -> Any:
        raise AssertionError("the faces are made up")

    def tune(self, faces: Any, outputs: Sequence[str]) -> Tuned:
        self.seen.append(set(faces.unit.tolist()))
        self.asked.append(tuple(outputs))
        return Tuned({}, dict.fromkeys(outputs, "as told"), lambda values: self.outputs(values, self.after))

    def start_values(self, values: Any) -> Mapping[str, Any]:
        return self.outputs(values, self.before)

    def outputs(self, values: Any, quality: float) -> Mapping[str, Any]:
        wrong = np.roll(values[:, :8], 1, axis=1)
        right = (np.arange(len(values)) % 10 < 10 * quality)[:, None]
        valence = np.arctanh(values[:, 8:9] * quality)
        return {"expression": np.where(right, values[:, :8], wrong) * 9, "valence": valence, "arousal": valence}


def outcome(
    monkeypatch: pytest.MonkeyPatch, weights: Weights, tuner: Any, sessions: int, with_valence: bool = True
) -> tuning.Outcome:
    found = [
        (Person(Path(f"s{number}/v.mp4"), None, "", f"s{number}", ()), labels(40, with_valence))
        for number in range(sessions)
    ]

    def read(*_: object) -> tuple[list[Any], list[str]]:
        moments = [
            tuning.LabelledMoments(person, one, np.column_stack([one.expression, one.affect[:, 0]]), 1)
            for person, one in found
        ]
        return moments, ["s9/v.mp4: is damaged"]

    monkeypatch.setattr(tuning, "read_faces", read)
    return tune(found, Base(weights), tuner, "heads", Material(), SHOW)


def test_no_session_is_measured_by_what_has_seen_it(monkeypatch: pytest.MonkeyPatch, open_weights: Weights) -> None:
    tuner = Told(0.2, 0.8)
    found = outcome(monkeypatch, open_weights, tuner, 7)
    *held_out, last = tuner.seen
    assert last == set(range(7))
    assert sorted(number for one in held_out for number in last - one) == list(range(7)), "each is held out once"
    assert {name: one.verdict for name, one in found.comparisons.items()} == {
        "expression": "better",
        "valence": "better",
    }
    assert found.without_face == 7 and found.failed == ["s9/v.mp4: is damaged"] and found.moments == 280
    assert set(found.settings) == {"expression", "valence"}, "nobody has annotated arousal"


def test_an_output_that_is_worse_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, open_weights: Weights) -> None:
    tuner = Told(0.8, 0.2)
    found = outcome(monkeypatch, open_weights, tuner, 7)
    assert {one.verdict for one in found.comparisons.values()} == {"worse"}
    assert found.settings == {} and found.layers == {}
    assert len(tuner.seen) == 7, "nothing is tuned in the end"


def test_what_is_not_shown_to_be_better_is_written_all_the_same(
    monkeypatch: pytest.MonkeyPatch, open_weights: Weights
) -> None:
    found = outcome(monkeypatch, open_weights, Told(0.2, 0.8), 3)
    assert {one.verdict for one in found.comparisons.values()} == {"no better"}
    assert set(found.settings) == {"expression", "valence"}


def test_heads_without_labels_stay_byte_for_byte(open_weights: Weights) -> None:
    base = Base(open_weights)
    rng = np.random.default_rng(0)
    one = labels(64, with_valence=True)
    values = np.abs(rng.normal(0, 0.5, (64, 1280))).astype(np.float32)
    moments = [tuning.LabelledMoments(Person(Path("v"), None, "", "s", ()), one, values, 0)] * 2
    faces = tuning.together(moments, ["a", "b"])
    for outputs in (["expression"], ["valence"], ["arousal"]):
        tuned = HeadsTuner(base).tune(faces, outputs)
        for name, column, head in (("valence", 0, "valence_arousal"), ("arousal", 1, "valence_arousal")):
            same = np.array_equal(tuned.layers[head].kernel[:, column], base.layers[head].kernel[:, column])
            assert same == (name not in outputs or name == "arousal")
        same = np.array_equal(tuned.layers["emotions"].kernel, base.layers["emotions"].kernel)
        assert same == ("expression" not in outputs)


class TestFindLabels:
    def find(self, folder: Path, said: list[str], **more: Any) -> Any:
        return find_labels([folder], Material(**more), said.append)

    def write(self, folder: Path, name: str) -> None:
        write_segments(folder / name / "guest.expression.ann.annotation", [(0, 2, "Sad"), (2, 3, "GARBAGE")])
        (folder / name / "guest.video.mp4").touch()

    def test_labels_of_every_session(self, tmp_path: Path) -> None:
        said: list[str] = []
        for name in ("s1", "s2"):
            self.write(tmp_path, name)
        found = self.find(tmp_path, said, sample_ms=1000)
        assert [(person.session, len(labels)) for person, labels in found] == [("s1", 2), ("s2", 2)]
        assert any("2 segments of the class 'GARBAGE' are no expression" in text for text in said)

    def test_somebody_without_labels_is_left_out(self, tmp_path: Path) -> None:
        said: list[str] = []
        for name in ("s1", "s2"):
            self.write(tmp_path, name)
        write_samples(tmp_path / "s3" / "guest.valence.ann.annotation", [(0.1, 0.0)])
        (tmp_path / "s3" / "guest.video.mp4").touch()
        assert len(self.find(tmp_path, said)) == 2
        assert any(text == "s3 (guest): no label: left out" for text in said)

    def test_one_session_is_refused(self, tmp_path: Path) -> None:
        self.write(tmp_path, "s1")
        with pytest.raises(InputError, match="one session only"):
            self.find(tmp_path, [])

    def test_a_step_out_of_range_is_refused(self) -> None:
        with pytest.raises(OptionError, match="sample_ms is 1: it must be from 20 to 60000"):
            Material(sample_ms=1)


def test_a_video_that_cannot_be_read_is_left_out_and_told(open_weights: Weights, tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_bytes(b"no video")
    told: list[RbdmError] = []
    show = Show(lambda label: nullcontext(), lambda progress: None, failed=told.append)
    base = Base(open_weights)
    found = [(Person(tmp_path / "v.mp4", None, "", "s1", ()), labels(4, False))]
    moments, failed = tuning.read_faces(found, base, HeadsTuner(base), Material(), show)
    assert moments == [] and len(failed) == 1 and "v.mp4" in failed[0] and str(told[0]) == failed[0]
