"""The header, the name and the folder of an annotation say which video, person and annotator it belongs to."""

from pathlib import Path

import numpy as np
import pytest

from rbdm.ssi import DISCRETE_DTYPE, Annotation, DiscreteScheme
from rbdm.study.names import name_of

ROOT = Path("study")
OURS = {"video": "talk.mp4"}
NOVA = {"video": "guest.video.mp4"}


def named(path: str, scheme: str = "expression", root: Path | None = ROOT, role="", annotator="", meta=None):
    header = Annotation(DiscreteScheme(scheme, ()), np.empty(0, DISCRETE_DTYPE), role, annotator, meta or {})
    return name_of(ROOT / path, root, header, "expression")


@pytest.mark.parametrize(
    ("path", "more", "wanted"),
    [
        # rbdm annotate
        ("talk.expression", {"meta": OURS, "annotator": "rbdm"}, ("talk", "", "rbdm")),
        ("day1/talk.expression", {"meta": OURS, "annotator": "rbdm"}, ("day1/talk", "", "rbdm")),
        ("talk.expression", {}, ("talk", "", "")),
        ("talk.guest.expression", {"meta": OURS, "role": "guest"}, ("talk", "guest", "")),
        ("talk.2.expression", {"meta": OURS, "role": "2"}, ("talk", "2", "")),
        ("talk.2.expression", {"meta": OURS}, ("talk", "2", "")),
        ("expression.talk.expression", {"meta": {"video": "expression.talk.mp4"}}, ("expression.talk", "", "")),
        # rbdm with NOVA's videos
        ("s1/guest.video.expression", {"meta": NOVA, "annotator": "rbdm"}, ("s1", "guest", "rbdm")),
        # a job of the server with files as outputs
        ("out/expression", {"meta": OURS, "annotator": "rbdm"}, ("out/talk", "", "rbdm")),
        ("s1/expression", {"meta": NOVA}, ("s1", "guest", "")),
        # NOVA
        (
            "s1/guest.emotion.ann",
            {"scheme": "emotion", "role": "guest", "annotator": "Ann Lee"},
            ("s1", "guest", "Ann Lee"),
        ),
        ("s1/guest.emotion.ann", {"scheme": "emotion"}, ("s1", "guest", "ann")),
        ("s1/guest.emotion", {"scheme": "emotion", "role": "guest"}, ("s1", "guest", "")),
        ("s1/emotion.guest.ann", {"scheme": "emotion", "role": "guest", "annotator": "ann"}, ("s1", "guest", "ann")),
        ("s1/emotion.guest.ann", {"scheme": "emotion"}, ("s1", "guest", "ann")),
        ("s1/emotion.ann", {"scheme": "emotion", "annotator": "ann"}, ("s1", "", "ann")),
        ("s1/guest.Facial Emotion.ann", {"scheme": "facial emotion"}, ("s1", "guest", "ann")),
        ("s1/guest.expression.ann", {"scheme": "emotion"}, ("s1", "guest", "ann")),
        ("s1/my own name", {"scheme": "emotion", "role": "guest", "annotator": "ann"}, ("s1", "guest", "ann")),
        ("guest.emotion.ann", {"scheme": "emotion"}, ("study", "guest", "ann")),
    ],
)
def test_names(path: str, more: dict, wanted: tuple[str, str, str]) -> None:
    assert named(f"{path}.annotation", **more) == wanted


def test_a_file_that_is_named_itself_starts_from_its_own_folder() -> None:
    assert named("day1/talk.expression.annotation", root=None, meta=OURS) == ("talk", "", "")
    assert named("s1/guest.emotion.ann.annotation", "emotion", root=None) == ("s1", "guest", "ann")
