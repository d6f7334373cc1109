"""Eight expressions in the network's order, found by whatever people call them."""

import re

import pytest

from rbdm.expressions import EXPRESSIONS, match_class

NAMES = ("Neutral", "Happy", "Sad", "Surprise", "Fear", "Disgust", "Anger", "Contempt")


def test_the_classes_stand_in_the_order_of_the_network():
    assert tuple(expression.name for expression in EXPRESSIONS) == NAMES


def test_each_has_a_colour_of_its_own_as_nova_writes_colours():
    colours = [expression.color for expression in EXPRESSIONS]
    assert all(re.fullmatch("#FF[0-9A-F]{6}", colour) for colour in colours)
    assert len(set(colours)) == len(EXPRESSIONS)


@pytest.mark.parametrize("spelling", [str, str.lower, str.upper, "  {} ".format])
def test_every_name_is_found_whatever_its_case(spelling):
    assert [match_class(spelling(name)) for name in NAMES] == list(range(8))


@pytest.mark.parametrize(
    "names",
    [
        ("Neutral", "Happiness", "Sadness", "Surprise", "Fear", "Disgust", "Anger", "Contempt"),
        ("neutrality", "joy", "sorrow", "astonishment", "fearful", "disgusted", "angry", "contemptuous"),
        ("calm", "SMILE", "Unhappy", "Surprised", "Scared", "Disgusted", "Rage", "Scorn"),
    ],
)
def test_the_words_of_other_schemes_are_found(names):
    assert [match_class(name) for name in names] == list(range(8))


@pytest.mark.parametrize(
    "name", ["", "talking", "GARBAGE", "No face", "Uncertain", "unknown", "class_one", "0", "Hap py"]
)
def test_other_classes_are_no_expression(name):
    assert match_class(name) is None


def test_none_is_not_neutral():
    """In AffectNet `None` stands beside `Neutral`: a face with none of the eight expressions."""
    assert match_class("None") is None
