"""The streams of a dataset in the NOVA database.

NOVA and the server's library find a stream file only if the dataset has a document in `Streams` with the stream's name.
It counts for all sessions and roles of the dataset: the file is `<session>/<role>.<name>.<fileExt>`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

STREAMS = "Streams"
BOXES = "face_bounding_box"
"""The name of the box stream in NOVA, which is also the default in our trainer file."""
BOX_TYPE = "feature;face;boundingbox;blazeface"
"""The type by which NOVA offers a stream for the input of a module that wants a *blazeface* stream."""
BOX_COLUMNS = ("ymin", "xmin", "ymax", "xmax", "confidence")


def find_stream(database: Any, name: str) -> Mapping[str, Any] | None:
    """The document of a stream; None if the dataset has none of this name.

    Args:
        database: the `Database` of pymongo that has the dataset's name.
        name: the name of the stream.
    """
    found: Mapping[str, Any] | None = database[STREAMS].find_one({"name": name})
    return found


def register_stream(
    database: Any, name: str, sample_rate: float, media_type: str = BOX_TYPE, columns: Sequence[str] = BOX_COLUMNS
) -> bool:
    """Add the document of an SSI stream to a dataset. A document of this name is left as it is.

    Args:
        database: see `find_stream`.
        name: the name of the stream.
        sample_rate: Hz. The stream files of other sessions may have another one; NOVA reads the rate in their headers.
        media_type: the type of the stream.
        columns: the names of its columns.

    Returns:
        Whether the document is new.

    Raises:
        pymongo.errors.PyMongoError: the database does not answer, or the user may not write.
    """
    from bson import ObjectId
    from pymongo.errors import DuplicateKeyError

    document = {
        # Made from the name: of two programs that add a stream at the same time, only one succeeds.
        "_id": ObjectId(hashlib.sha256(f"stream {name}".encode()).digest()[:12]),
        "fileExt": "stream",
        "type": media_type,
        "isValid": True,
        "sr": float(sample_rate),
        "dimlabels": [{"id": index, "name": column} for index, column in enumerate(columns)],
    }
    try:
        result = database[STREAMS].update_one({"name": name}, {"$setOnInsert": document}, upsert=True)
    except DuplicateKeyError:
        return False
    return result.upserted_id is not None
