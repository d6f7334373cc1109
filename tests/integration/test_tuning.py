"""`rbdm train --tune heads` on sessions as NOVA keeps them, and the weights in the places where they are used."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rbdm.annotator import Annotator
from rbdm.cli.main import run
from rbdm.client.install import install
from rbdm.network.weights import hash_of
from rbdm.options import Options
from rbdm.ssi import DiscreteScheme, read_annotation
from tests.support.command_line import write_short_clip
from tests.support.study import write_samples, write_segments

pytestmark = pytest.mark.integration

SECONDS = 1.0


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory, face_clip: tuple[Path, Path]) -> Path:
    """Weights that have learned from three sessions that the face is surprised, and then angry."""
    folder = tmp_path_factory.mktemp("tuning")
    video, boxes = write_short_clip(folder, face_clip)
    for name in ("s1", "s2", "s3"):
        session = folder / "study" / name
        session.mkdir(parents=True)
        shutil.copy(video, session / "guest.video.mp4")
        for end in ("", "~"):
            shutil.copy(f"{boxes}{end}", session / f"guest.face_bounding_box.stream{end}")
        for annotator, change in (("ann", 0.5), ("ben", 0.6)):
            path = session / f"guest.emotion.{annotator}.annotation"
            rows = [(0, change, "surprised"), (change, SECONDS, "surprised")]
            write_segments(
                path, rows, "emotion", ["surprised", "ANGER", "neutral", "joy"], role="guest", annotator=annotator
            )
        write_samples(session / "guest.valence.ann.annotation", [80] * 10, low=0, high=100, annotator="ann")
        own = {"annotator": "rbdm", "meta": {"weights": "rbdm-open-v1", "weights_sha256": "0" * 64}}
        write_segments(session / "guest.expression.rbdm.annotation", [(0, SECONDS, "Contempt")], role="guest", **own)
    arguments = [str(folder / "study"), "--tune", "heads", "--sample-ms", "100", "--out", str(folder / "surprised")]
    assert run(["train", *arguments]) == 0
    return folder / "surprised"


def test_three_sessions_show_nothing_and_the_card_says_so(tuned: Path) -> None:
    card = (tuned / "MODEL_CARD.md").read_text("utf-8")
    assert "not shown to be better than rbdm-open-v1" in card
    assert "3 sessions: s1, s2, s3" in card and "ann, ben" in card and "rbdm," not in card.split("Annotators")[1][:40]
    figures = json.loads((tuned / "figures.json").read_text("utf-8"))
    assert set(figures["settings"]) == {"expression", "valence"}
    assert figures["outputs"]["expression"]["seconds"] == pytest.approx({"Surprise": 3 * SECONDS})
    assert not list(tuned.parent.glob(".rbdm*"))


def test_the_command_line_annotates_with_them_and_headers_name_them(tuned: Path) -> None:
    video = tuned.parent / "study" / "s1" / "guest.video.mp4"
    out = tuned.parent / "results"
    assert run(["annotate", str(video), "--weights", str(tuned), "--out", str(out)]) == 0
    found = read_annotation(out / "guest.video.expression.annotation")
    assert found.meta["weights"] == "surprised"
    assert found.meta["weights_sha256"] == hash_of(tuned / "surprised.tflite")
    assert isinstance(found.scheme, DiscreteScheme)
    names = {item.id: item.name for item in found.scheme.classes}
    assert {names[int(one)] for one in found.data["id"]} == {"Surprise"}, "as it was taught"
    valence = read_annotation(out / "guest.video.valence.annotation").data["score"]
    assert valence.mean() == pytest.approx(0.6, abs=0.15), "80 of 100"


def test_arousal_that_nobody_annotated_is_that_of_the_start(tuned: Path) -> None:
    video = tuned.parent / "study" / "s1" / "guest.video.mp4"
    boxes = video.with_name("guest.face_bounding_box.stream")
    before, after = (
        Annotator(Options(weights=weights, device="cpu")).annotate(video, boxes) for weights in ("open", str(tuned))
    )
    assert (before.arousal == after.arousal).all() and not (before.valence == after.valence).all()


def test_a_server_finds_them_by_their_name(tuned: Path, tmp_path: Path) -> None:
    (tmp_path / "cml").mkdir()
    module = install(tmp_path / "cml")
    shutil.copytree(tuned, module / "weights" / "surprised")
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "from rbdm import Annotator, Options; print(Annotator(Options('surprised')).weights.path)",
        ],
        cwd=module,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert Path(said.strip()) == module / "weights" / "surprised" / "surprised.tflite"
    assert install(tmp_path / "cml") == module, "a new version keeps them"
    assert (module / "weights" / "surprised" / "manifest.json").is_file()
