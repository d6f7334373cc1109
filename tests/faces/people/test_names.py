"""Names of people are names of files: what cannot be one, or would be confused with another, is refused."""

import pytest

from rbdm.errors import OptionError
from rbdm.faces.people.names import check_names, parse_names


def test_people_are_named_by_side_or_number():
    assert parse_names(["left=guest", " 02 = Frau Müller", "right=host-1"]) == {
        "left": "guest",
        "2": "Frau Müller",
        "right": "host-1",
    }


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["guest"], "left=NAME"),
        (["middle=guest"], "left, right or a number"),
        (["0=guest"], "left, right or a number"),
        (["left=a", "left=b"], "twice"),
        (["left=a", "1=b"], "same person"),
        (["left=Guest", "right=guest"], "two people"),
        (["2=3"], "confused"),
        (["2=People"], "confused"),
        (["2="], "file name"),
        (["2=a/b"], "file name"),
        (["2=a.b"], "file name"),
        (["2=con:"], "file name"),
        ([f"2={'n' * 51}"], "file name"),
    ],
)
def test_other_names_are_refused(given, says):
    with pytest.raises(OptionError, match=says):
        parse_names(given)


def test_no_names_are_fine():
    assert check_names({}) == {}
