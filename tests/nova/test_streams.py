"""The document of a stream in the database: as NOVA writes it, and never in place of another one."""

from types import SimpleNamespace
from typing import Any

import pytest

from rbdm.nova.streams import BOXES, find_stream, register_stream

pytest.importorskip("pymongo", reason="needs the extra server")
from bson import ObjectId
from pymongo.errors import DuplicateKeyError


class Streams:
    """A collection, as far as it is used here."""

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}

    def find_one(self, wanted: Any) -> Any:
        return self.documents.get(wanted["name"])

    def update_one(self, wanted: Any, change: Any, upsert: bool) -> Any:
        assert upsert and list(change) == ["$setOnInsert"], "an existing document is not changed"
        new = wanted["name"] not in self.documents
        if new:
            self.documents[wanted["name"]] = wanted | change["$setOnInsert"]
        return SimpleNamespace(upserted_id="id" if new else None)


def test_the_document_has_the_fields_of_nova() -> None:
    database = {"Streams": Streams()}
    assert find_stream(database, BOXES) is None
    assert register_stream(database, BOXES, 29.97)
    found = dict(find_stream(database, BOXES) or {})
    assert isinstance(found.pop("_id"), ObjectId), "NOVA reads no other type"
    assert found == {
        "name": "face_bounding_box",
        "fileExt": "stream",
        "type": "feature;face;boundingbox;blazeface",
        "isValid": True,
        "sr": 29.97,
        "dimlabels": [
            {"id": id, "name": name} for id, name in enumerate(("ymin", "xmin", "ymax", "xmax", "confidence"))
        ],
    }
    assert not register_stream(database, BOXES, 25)
    assert (find_stream(database, BOXES) or {})["sr"] == 29.97


def test_of_two_programs_only_one_adds_the_stream() -> None:
    class Busy(Streams):
        """A collection in which another program was faster."""

        def update_one(self, wanted: Any, change: Any, upsert: bool) -> Any:
            ids.append(change["$setOnInsert"]["_id"])
            raise DuplicateKeyError("E11000")

    ids: list[ObjectId] = []
    assert not any(register_stream({"Streams": Busy()}, name, 25) for name in (BOXES, BOXES, "other"))
    assert ids[0] == ids[1] != ids[2]
