"""The kinds of tuning, and which settings each has."""

from typing import Any

import pytest

from rbdm.errors import OptionError
from rbdm.network.weights import Weights
from rbdm.training.tuning.base import Base
from rbdm.training.tuning.kinds import check_kind, recipe_of, tuner_of
from rbdm.training.tuning.tuner import HeadsTuner


def test_the_heads_need_no_keras(open_weights: Weights) -> None:
    check_kind("heads", {})
    assert isinstance(tuner_of("heads", Base(open_weights), {}), HeadsTuner)


@pytest.mark.parametrize(
    ("kind", "recipe", "message"),
    [
        ("everything", {}, "--tune is 'everything': it must be one of heads, last-block, all"),
        ("heads", {"batch_size": 3}, "--batch-size has no effect on --tune heads"),
        ("all", {"epochs": 0}, "epochs and batch_size must be 1 or more"),
    ],
)
def test_what_cannot_be_used_is_refused(kind: str, recipe: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        check_kind(kind, recipe)


def test_all_layers_learn_more_slowly() -> None:
    assert recipe_of("all", {}).learning_rate < recipe_of("last-block", {}).learning_rate
    assert recipe_of("all", {"learning_rate": 0.5, "seed": 3}) == recipe_of(
        "last-block", {"learning_rate": 0.5, "seed": 3}
    )
