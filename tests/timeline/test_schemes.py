"""Our own schemes, and how our classes and values go into the schemes of other people."""

import numpy as np
import pytest

from rbdm.errors import SchemeError
from rbdm.expressions import EXPRESSIONS
from rbdm.options import Options
from rbdm.ssi import ContinuousScheme, DiscreteScheme, SchemeClass
from rbdm.timeline.annotations import value_samples
from rbdm.timeline.schemes import expression_scheme, from_range, match_classes, to_range
from tests.support.builders import steady


def test_default_scheme_has_our_ids_and_colours():
    classes = expression_scheme(8).classes
    assert [(item.id, item.name, item.color) for item in classes] == [
        (id, *expression) for id, expression in enumerate(EXPRESSIONS)
    ]


def test_classes_of_a_database_are_found_by_name():
    names = ["GARBAGE", "Happiness", "angry", "SADNESS", "smile", "talking", "neutral"]
    scheme = DiscreteScheme("emotions", tuple(SchemeClass(id, name) for id, name in enumerate(names, start=3)))
    said: list[str] = []
    assert match_classes(scheme, 8, said.append) == {0: 9, 1: 4, 2: 6, 6: 5}
    assert len(said) == 2
    assert "'Happiness' and 'smile'" in said[0] and "Surprise, Fear, Disgust, Contempt" in said[1]
    assert match_classes(scheme, 5, said.append) == {0: 9, 1: 4, 2: 6}


def test_warnings_go_to_python_if_nobody_asked_for_them():
    with pytest.warns(UserWarning, match="does not have"):
        match_classes(DiscreteScheme("x", (SchemeClass(0, "happy"),)))


@pytest.mark.parametrize("classes", [(), (SchemeClass(0, "class_one"), SchemeClass(1, "class_two"))])
def test_no_class_in_common_is_an_error(classes):
    with pytest.raises(SchemeError, match="none of its classes"):
        match_classes(DiscreteScheme("generic", classes))


def test_values_are_stretched_to_another_range_with_a_warning():
    prediction = steady([1, 1, 1, 0], valence=np.array([-1, 0.5, 1, 0]))
    said: list[str] = []
    scheme = ContinuousScheme("valence", 25, 1, 9)
    samples = value_samples(prediction, "valence", Options(), scheme, said.append)
    assert samples["score"].tolist() == [1, 7, 9, 5]
    assert len(said) == 1 and "the range 1 to 9" in said[0]


@pytest.mark.parametrize(
    "scheme", [(0, -1, 1), (-1, -1, 1), (np.nan, -1, 1), (25, 1, 1), (25, 0, np.inf), (25, np.nan, 1)]
)
def test_a_scheme_with_an_impossible_rate_or_range_is_an_error(scheme):
    with pytest.raises(SchemeError, match="'v'"):
        value_samples(steady([1]), "valence", Options(), ContinuousScheme("v", *scheme))


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (0, 100), (1, 9)])
def test_values_come_back_from_another_range(low, high):
    values, scheme = np.linspace(-1, 1, 9), ContinuousScheme("valence", 25, low, high)
    scaled = to_range(values, scheme)
    assert scaled[0] == low and scaled[-1] == high
    np.testing.assert_allclose(from_range(scaled, scheme), values, atol=1e-12)
