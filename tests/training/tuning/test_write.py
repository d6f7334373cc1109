"""A folder of tuned weights: its model, manifest, card and figures; whole or not at all, and never over something."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rbdm.errors import InputError, OutputError, WeightsError
from rbdm.network.architecture import EMOTIONS
from rbdm.network.constants import Layer
from rbdm.network.engine import load_engine
from rbdm.network.manifest import read_manifest
from rbdm.network.weights import Weights, find_weights, hash_of
from rbdm.study.results import Result
from rbdm.training.sessions.people import Person
from rbdm.training.tuning import write
from rbdm.training.tuning.base import Base
from rbdm.training.tuning.card import verdict_lines
from rbdm.training.tuning.estimate import Comparison, compare_expression, compare_value
from rbdm.training.tuning.tune import Material, Outcome
from rbdm.training.tuning.write import check_folder, write_weights
from tests.training.tuning.made_up import faces
from tests.training.tuning.test_estimate import guesses


def comparisons(units: int, before: float, after: float) -> Mapping[str, Comparison]:
    data = faces(units, each=40)
    found = compare_expression(data, guesses(data, before, 1), guesses(data, after, 2))
    return {"expression": found, "valence": compare_value("valence", data, data.affect[:, 0] / 2, data.affect[:, 0])}


def outcome(start: Weights, found: Mapping[str, Comparison], **more: object) -> Outcome:
    base = Base(start)
    head = base.layers[EMOTIONS]
    result = Result("s1", "guest", "ann", Path("s1"), {})
    return Outcome(
        start=start,
        layers={EMOTIONS: Layer(head.kernel * 2, head.bias)},
        settings={"expression": "penalty 0.1, temperature 1.10"},
        comparisons=found,
        people=[Person(Path("s1/guest.video.mp4"), None, "guest", "s1", (result,))],
        units=["s1", "s2"],
        annotators=["ann", "ben"],
        moments=80,
        without_face=3,
        failed=["s9/v.mp4: is damaged"],
        material=Material(),
        kind="heads",
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def better() -> Mapping[str, Comparison]:
    return comparisons(8, 0.3, 0.8)


def written(out: Path, start: Weights, found: Mapping[str, Comparison]) -> Path:
    check_folder(out)
    return write_weights(out, Base(start), outcome(start, found))


def test_the_folder_can_be_used_as_weights(
    tmp_path: Path, open_weights: Weights, better: Mapping[str, Comparison]
) -> None:
    model = written(tmp_path / "smiles", open_weights, better)
    assert {path.name for path in (tmp_path / "smiles").iterdir()} == {
        "smiles.tflite",
        "manifest.json",
        "MODEL_CARD.md",
        "figures.json",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["smiles"]
    found = find_weights(str(tmp_path / "smiles"))
    assert found.path == model and found.sha256 == hash_of(model) != open_weights.sha256
    assert found == find_weights(str(model))
    entry, start = found.entry, open_weights.entry
    assert entry.name == "smiles" and (entry.crop_scale, entry.color) == (start.crop_scale, start.color)
    assert entry.licence == "own; tuned from rbdm-open-v1 (MIT)"
    assert entry.affect_is_derived, "valence and arousal were not tuned"
    crops = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), np.uint8)
    before, after = (load_engine(one, "cpu", 2).predict(crops) for one in (open_weights, found))
    assert np.array_equal(before.valence, after.valence)
    assert not np.allclose(before.probabilities, after.probabilities)


def test_valence_and_arousal_that_were_annotated_are_not_derived(
    open_weights: Weights, better: Mapping[str, Comparison]
) -> None:
    one = outcome(open_weights, better)
    both = replace(one, settings=dict.fromkeys(("valence", "arousal"), "tuned"))
    assert not write.entry_of("w", "w.tflite", "", both).affect_is_derived


def test_the_card_says_what_the_weights_are(
    tmp_path: Path, open_weights: Weights, better: Mapping[str, Comparison]
) -> None:
    written(tmp_path / "smiles", open_weights, better)
    card = (tmp_path / "smiles" / "MODEL_CARD.md").read_text("utf-8")
    first = better["expression"].figures[0]
    for text in (
        "# smiles",
        "tuned from rbdm-open-v1 (heads)",
        "2 sessions: s1, s2",
        "Annotators: ann, ben",
        "3 labelled moments without a face",
        "Left out: s9/v.mp4: is damaged",
        "penalty 0.1",
        "must not be used for",
        "hiring",
        "Unchanged, as in rbdm-open-v1: valence, arousal",
        "rbdm-open-v1, has the licence MIT",
        f"| mean recall | {first.before.value:.3f} ({first.before.low:.3f} to {first.before.high:.3f})",
        f"{first.difference.value:+.3f} ({first.difference.low:+.3f} to",
    ):
        assert text in card
    assert "not shown to be better" not in card and "keep these to yourself" not in card
    figures = json.loads((tmp_path / "smiles" / "figures.json").read_text("utf-8"))
    assert figures["outputs"]["expression"]["figures"][0]["after"]["value"] == first.after.value
    assert figures["start_sha256"] == open_weights.sha256 and figures["units"] == ["s1", "s2"]


def test_what_is_no_better_says_so_first(tmp_path: Path, open_weights: Weights) -> None:
    found = {"expression": comparisons(4, 0.3, 0.8)["expression"]}
    written(tmp_path / "few", open_weights, found)
    card = (tmp_path / "few" / "MODEL_CARD.md").read_text("utf-8").splitlines()
    assert card[2].startswith("**These weights are not shown to be better than rbdm-open-v1. Use rbdm-open-v1")
    (line,) = verdict_lines(outcome(open_weights, found))
    assert "4 are too few to show it, six is the least" in line
    (line,) = verdict_lines(outcome(open_weights, {"expression": comparisons(9, 0.6, 0.6)["expression"]}))
    assert "not shown to be better" in line and "not rare by chance" in line
    (line,) = verdict_lines(outcome(open_weights, {"expression": comparisons(9, 0.8, 0.3)["expression"]}))
    assert "it stays as it was" in line


def test_weights_without_derivatives_must_not_be_passed_on(
    tmp_path: Path, open_weights: Weights, better: Mapping[str, Comparison]
) -> None:
    start = replace(open_weights, entry=replace(open_weights.entry, licence="CC BY-NC-ND 4.0"))
    written(tmp_path / "own", start, better)
    assert "keep these to yourself" in (tmp_path / "own" / "MODEL_CARD.md").read_text("utf-8")


class TestFolder:
    def test_nothing_is_replaced(self, tmp_path: Path, open_weights: Weights, better: Mapping[str, Comparison]) -> None:
        (tmp_path / "own").mkdir()
        check_folder(tmp_path / "own")
        (tmp_path / "own" / "notes.txt").write_text("mine", encoding="utf-8")
        with pytest.raises(OutputError, match="own: exists already"):
            check_folder(tmp_path / "own")
        with pytest.raises(OutputError, match="nothing was replaced"):
            write_weights(tmp_path / "own", Base(open_weights), outcome(open_weights, better))
        assert (tmp_path / "own" / "notes.txt").read_text("utf-8") == "mine"

    @pytest.mark.parametrize("name", ["open", "auto", "official", "rbdm-open-v1"])
    def test_the_names_of_other_weights_are_refused(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(InputError, match="choose another one"):
            check_folder(tmp_path / name)

    @pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_that_cannot_be_written_is_said_before(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o500)
        with pytest.raises(OutputError, match="cannot be written"):
            check_folder(tmp_path / "own")

    def test_checking_leaves_nothing(self, tmp_path: Path) -> None:
        check_folder(tmp_path / "a" / "own")
        assert not list((tmp_path / "a").glob(".rbdm*"))

    def test_after_an_error_there_is_nothing(
        self, tmp_path: Path, open_weights: Weights, better: Mapping[str, Comparison], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(*_: object) -> str:
            raise KeyboardInterrupt

        monkeypatch.setattr(write, "card", interrupted)
        with pytest.raises(KeyboardInterrupt):
            write_weights(tmp_path / "own", Base(open_weights), outcome(open_weights, better))
        assert list(tmp_path.iterdir()) == []


def test_a_folder_whose_model_was_changed_is_refused(
    tmp_path: Path, open_weights: Weights, better: Mapping[str, Comparison]
) -> None:
    model = written(tmp_path / "own", open_weights, better)
    model.write_bytes(model.read_bytes() + b"x")
    with pytest.raises(WeightsError, match="SHA-256"):
        find_weights(str(tmp_path / "own"))
    assert list(read_manifest(tmp_path / "own" / "manifest.json")) == ["own"]
