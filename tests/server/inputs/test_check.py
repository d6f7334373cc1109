"""A request of another form is refused before its names reach the database."""

from typing import Any

import pytest

from rbdm.errors import InputError

pytest.importorskip("discover_utils", reason="needs the extra server")
from rbdm.server.inputs.check import check_request

GOOD = {"src": "db:annotation:Discrete", "type": "output", "id": "expression", "scheme": "expression"}


@pytest.mark.parametrize(
    ("data", "dataset", "sessions", "message"),
    [
        ({"src": "file:stream:video"}, None, None, "must be a list of objects"),
        (["file:stream:video"], None, None, "must be a list of objects"),
        ([{"id": "expression"}], None, None, 'has no field \'src\': {"id": "expression"}'),
        ([{"src": ""}], None, None, "has no field 'src'"),
        ([GOOD | {"src": ["db"]}], None, None, "has a 'src' that is not text"),
        ([GOOD | {"scheme": {"$ne": ""}}], None, None, "has a 'scheme' that is not text"),
        ([GOOD | {"annotator": {}}], None, None, "has a 'annotator' that is not text"),
        ([GOOD | {"role": 1}], None, None, "has a 'role' that is not text"),
        ([GOOD], {"$gt": ""}, None, "names a dataset that is not text"),
        ([GOOD], "talks", [{"$gt": ""}], "names a session that is not text"),
        ([GOOD], "talks", ["a\x1b[2J"], 'names a session that has control characters: "a\\u001b[2J"'),
        ([GOOD], "ta\nlks", ["a"], "names a dataset that has control characters"),
        ([GOOD | {"role": ["x" * 5000]}], None, None, "not text"),
    ],
)
def test_a_request_of_another_form_is_refused(data: Any, dataset: Any, sessions: Any, message: str) -> None:
    """The database takes an object for a query: it would find somebody else's annotation."""
    with pytest.raises(InputError) as error:
        check_request(data, dataset, sessions)
    assert message in str(error.value) and len(str(error.value)) < 300


def test_a_good_request_is_accepted() -> None:
    check_request([GOOD | {"role": None, "active": True, "sr": 25}], "talks", ["a", "ä b"])
    check_request([], None, None)
