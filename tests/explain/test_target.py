"""A target is found by its name, and what speaks for a class is the slope of its log-odds."""

import numpy as np
import pytest

from rbdm.errors import OptionError
from rbdm.explain.target import find_target, target_name, weights_of_features
from rbdm.network.constants import Layer
from rbdm.network.manifest import WeightsEntry

RANDOM = np.random.default_rng(0)
EMOTIONS = Layer(RANDOM.normal(size=(1280, 8)).astype(np.float32), RANDOM.normal(size=8).astype(np.float32))
AFFECT = Layer(RANDOM.normal(size=(1280, 2)).astype(np.float32), RANDOM.normal(size=2).astype(np.float32))
CLASSES = ("Anger", "Happy", "Sad", "Neutral", "Fear", "Disgust", "Surprise", "Contempt")
ENTRY = WeightsEntry("a", "a.h5", classes=CLASSES, valence_arousal=("arousal", "valence"))


@pytest.mark.parametrize(
    ("name", "target"), [("Happy", 1), ("happiness", 1), (" ANGER ", 6), ("valence", "valence"), ("Arousal", "arousal")]
)
def test_names(name, target):
    assert find_target(name) == target
    assert find_target(target_name(target)) == target


@pytest.mark.parametrize(("name", "count"), [("talking", 8), ("", 8), ("anger", 5), ("disgust", 5)])
def test_other_names_are_an_error_that_lists_the_right_ones(name, count):
    with pytest.raises(OptionError, match="choose one of Neutral, Happy, Sad, Surprise, Fear"):
        find_target(name, count)


@pytest.mark.parametrize("count", [5, 8])
@pytest.mark.parametrize("target", [0, 3, 4])
def test_the_weights_are_the_slope_of_the_log_odds(target, count):
    features = RANDOM.random(1280) / 100

    def log_odds(features: np.ndarray) -> float:
        logits = features @ EMOTIONS.kernel + EMOTIONS.bias
        ours = np.exp(logits[ENTRY.class_columns[:count]])
        share = ours[target] / ours.sum()
        return float(np.log(share / (1 - share)))

    logits = (features @ EMOTIONS.kernel + EMOTIONS.bias)[None].astype(np.float32)
    found = weights_of_features(ENTRY, EMOTIONS, AFFECT, logits, [target], count)[0]
    for feature in (0, 77, 1279):
        step = np.eye(1280)[feature] * 1e-4
        slope = (log_odds(features + step) - log_odds(features - step)) / 2e-4
        assert found[feature] == pytest.approx(slope, rel=1e-2, abs=1e-3)


def test_the_order_of_valence_and_arousal_is_that_of_the_weights():
    logits = np.zeros((2, 8), np.float32)
    found = weights_of_features(ENTRY, EMOTIONS, AFFECT, logits, ["valence", "arousal"], 8)
    np.testing.assert_array_equal(found, AFFECT.kernel.T[::-1])
