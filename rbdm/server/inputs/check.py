"""Checks the form of a request before anything of it is used."""

import json
import textwrap
from typing import Any

from rbdm.errors import InputError
from rbdm.files.naming import printable

_TEXTS = ("src", "type", "id", "name", "scheme", "annotator", "role", "uri", "uri_template", "fp")
"""The fields of an entry that must be text."""


def check_request(entries: Any, dataset: Any, sessions: Any) -> None:
    """Check the form of a request, before its names are used: the database takes an object for a query.

    Args:
        entries: the request's `data`.
        dataset: the name of the dataset; None if there is none.
        sessions: the names of the sessions; None if there are none.

    Raises:
        InputError: it is not a list of entries, an entry has no `src`, or a name is not text or
            has control characters.
    """
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError("the request's data must be a list of objects, one for each input and output")
    for entry in entries:
        if not entry.get("src"):
            raise InputError(f"an entry in the request's data has no field 'src': {_short(entry)}")
        for name in _TEXTS:
            if not isinstance(entry.get(name), str | None):
                raise InputError(f"an entry in the request's data has a {name!r} that is not text: {_short(entry)}")
    for kind, names in (("dataset", [dataset]), ("session", sessions or [])):
        for name in names:
            # The library prints these names as they are.
            if not isinstance(name, str | None) or printable(name or "") != (name or ""):
                problem = "has control characters" if isinstance(name, str) else "is not text"
                raise InputError(f"the request names a {kind} that {problem}: {_short(name)}")


def _short(value: Any) -> str:
    """A part of a request for a message, at most 200 characters of it."""
    return textwrap.shorten(json.dumps(value), 200, placeholder=" …")
