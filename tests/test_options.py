"""One set of names, defaults and ranges, from Python values or from strings."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.errors import OptionError, RbdmError
from rbdm.options import Options

VALID = st.fixed_dictionaries(
    {},
    optional={
        "weights": st.sampled_from(["auto", "open", "official", "C:\\weights\\ours.h5", "weights of mine.keras"]),
        "num_expressions": st.sampled_from([8, 5]),
        "batch_size": st.integers(1, 4096),
        "face_confidence": st.floats(0, 1),
        "merge_segments": st.booleans(),
        "smoothing_ms": st.floats(0, 60_000),
        "device": st.sampled_from(["auto", "cpu", "gpu"]),
        "stride": st.integers(1, 1000),
        "every_frame": st.booleans(),
        "overwrite_finished": st.booleans(),
    },
)


def test_the_defaults():
    assert Options() == Options("auto", 8, 16, 0.5, True, 0.0, "auto", 1, False, False)
    assert Options.parse({}) == Options()


@given(VALID)
def test_strings_mean_what_the_values_mean(values):
    assert Options.parse(values) == Options(**values)
    assert Options.parse({name: f" {value} " for name, value in values.items()}) == Options(**values)


@given(VALID)
def test_values_keep_their_types(values):
    for field in fields(Options):
        parsed = getattr(Options.parse({name: str(value) for name, value in values.items()}), field.name)
        assert type(parsed) is type(field.default)


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("True", True), ("1", True), ("yes", True), ("false", False), ("False", False), ("0", False)],
)
def test_the_spellings_of_true_and_false(text, value):
    assert Options.parse({"merge_segments": text}).merge_segments is value


def test_whole_numbers_may_come_as_decimals():
    """JSON as some programs write it knows only decimals."""
    assert Options.parse({"batch_size": "50.0", "num_expressions": 5.0}) == Options(batch_size=50, num_expressions=5)


@pytest.mark.parametrize(
    ("name", "value", "range_"),
    [
        ("weights", "", "the path of a weights file"),
        ("num_expressions", 7, "8 or 5"),
        ("batch_size", 0, "1 to 4096"),
        ("batch_size", -1, "1 to 4096"),
        ("batch_size", 4097, "1 to 4096"),
        ("face_confidence", -0.1, "0 to 1"),
        ("face_confidence", 1.01, "0 to 1"),
        ("smoothing_ms", -1, "0 to 60000"),
        ("smoothing_ms", 60_001, "0 to 60000"),
        ("stride", 0, "1 to 1000"),
        ("stride", 1001, "1 to 1000"),
        ("device", "tpu", "auto, cpu or gpu"),
        ("device", "CPU", "auto, cpu or gpu"),
    ],
)
@pytest.mark.parametrize("make", [lambda values: Options(**values), Options.parse], ids=["Python", "parse"])
def test_a_value_out_of_range_is_an_error_that_names_option_value_and_range(make, name, value, range_):
    with pytest.raises(OptionError) as caught:
        make({name: value})
    message = str(caught.value)
    assert message.startswith(f"option {name} is ")
    assert str(value) in message
    assert range_ in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch_size", "many"),
        ("batch_size", ""),
        ("batch_size", "2.5"),
        ("batch_size", None),
        ("batch_size", "inf"),
        ("batch_size", "1_6"),
        ("batch_size", "１６"),
        ("batch_size", b"16"),
        ("batch_size", 10**400),
        ("stride", True),
        ("face_confidence", False),
        ("smoothing_ms", np.True_),
        ("num_expressions", [8]),
        ("face_confidence", "nan"),
        ("face_confidence", "0,5"),
        ("smoothing_ms", "inf"),
        ("merge_segments", "maybe"),
        ("merge_segments", ""),
        ("merge_segments", None),
    ],
)
def test_what_is_no_value_of_the_options_kind_is_an_error_that_names_it(name, value):
    with pytest.raises(OptionError, match=f"option {name} is "):
        Options.parse({name: value})


@pytest.mark.parametrize(("name", "value"), [("batch_size", 2.5), ("face_confidence", float("nan"))])
def test_python_values_are_checked_as_strings_are(name, value):
    with pytest.raises(OptionError, match=f"option {name} is "):
        Options(**{name: value})


def test_an_unknown_option_is_an_error_that_lists_the_known_ones():
    with pytest.raises(OptionError) as caught:
        Options.parse({"batchsize": "50"})
    message = str(caught.value)
    assert "'batchsize'" in message
    assert all(field.name in message for field in fields(Options))


def test_an_option_error_is_ours_and_a_value_error():
    assert issubclass(OptionError, RbdmError)
    assert issubclass(OptionError, ValueError)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"weights": "w" * 5000}, "option weights has 5000 characters: at most 4096 are allowed"),
        ({"stride": "1" * 5000}, "option stride has 5000 characters"),
        ({"stride": 10**400}, "option stride"),
        ({"weights": {"$ne": ""}}, "option weights is a dict: it must be a text or a number"),
        ({"device": ["cpu"]}, "option device is a list"),
        ({"x" * 5000: 1}, "unknown option 'xxx"),
    ],
)
def test_values_that_no_option_has_are_refused_in_a_short_line(values: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError) as error:
        Options.parse(values)
    assert message in str(error.value) and len(str(error.value)) < 600
