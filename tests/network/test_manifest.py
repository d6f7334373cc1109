"""`manifest.json` says how weights are used; a value that cannot be is refused by its file and its field."""

import pytest

from rbdm.files.resources import BUNDLED
from rbdm.network.manifest import WeightsEntry, read_manifest
from tests.support.bundle import refused

NAMES = ["Neutral", "Happy", "Sad", "Surprise", "Fear", "Disgust", "Anger", "Contempt"]


def test_what_the_project_says_about_the_official_weights():
    official = read_manifest(BUNDLED / "manifest.json")["official"]
    assert official.file == "MobileNetV2_RMSE_E060_L10.8965_RMSE0.3812.h5"
    assert official.sha256 == "83cf14709c7919ce97b181534342402e655b4e8b2a7e86261a08cced90e41576"
    assert official.url.startswith("https://")
    assert official.url.endswith(f"/hcmlab/discover-modules/releases/download/rbdm-weights-v1/{official.file}")
    assert official.licence == "CC BY-NC-ND 4.0"
    assert list(official.classes) == NAMES
    assert official.valence_arousal == ("valence", "arousal")
    assert official.crop_scale == pytest.approx(2 / 1.1)
    assert (official.color, official.input_size) == ("rgb", 224)


def test_columns_follow_the_order_that_the_manifest_gives():
    entry = WeightsEntry("mine", "mine.h5", classes=tuple(reversed(NAMES)), valence_arousal=("arousal", "valence"))
    assert entry.class_columns == [7, 6, 5, 4, 3, 2, 1, 0]
    assert entry.valence_arousal_columns == (1, 0)
    shifted = WeightsEntry("mine", "mine.h5", classes=("Angry", "Happiness", "sad", *NAMES[3:6], "neutral", "Contempt"))
    assert shifted.class_columns == [6, 1, 2, 3, 4, 5, 0, 7]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("classes", NAMES[:7]),
        ("classes", [*NAMES[:7], "Happiness"]),
        ("classes", [*NAMES, "Bored"]),
        ("valence_arousal", ["valence"]),
        ("valence_arousal", ["valence", "dominance"]),
        ("crop_scale", 0),
        ("crop_scale", float("nan")),
        ("color", "bgr"),
        ("input_size", 0),
        ("input_size", 224.5),
        ("input_size", 224.0),
        ("input_size", "224"),
        ("input_size", True),
        ("crop_scale", True),
        ("crop_scale", "0.85"),
        ("color", ["grey"]),
        ("classes", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("classes", "Neutral"),
        ("file", 5),
        ("affect_is_derived", 1),
        ("colour", "grey"),
    ],
)
def test_an_impossible_field_is_an_error_that_names_the_manifest_and_the_field(bundle, field, value):
    bundle.entries["open"][field] = value
    bundle.write()
    message = refused("open")
    assert str(bundle.folder / "manifest.json") in message
    assert field in message and "\n" not in message


@pytest.mark.parametrize("text", ["", "not JSON", "[]", '{"open": 5}', '{"open": {}}', '{"open": {"classes": 8}}'])
def test_what_is_no_manifest_is_an_error_that_names_it(bundle, text):
    (bundle.folder / "manifest.json").write_text(text, encoding="utf-8")
    assert str(bundle.folder / "manifest.json") in refused("open")


def test_a_missing_manifest_is_an_error_that_names_it(bundle):
    (bundle.folder / "manifest.json").unlink()
    assert str(bundle.folder / "manifest.json") in refused("open")
