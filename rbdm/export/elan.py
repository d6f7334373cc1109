"""Writes the expression segments as an `.eaf` file for the annotation tool ELAN (needs the extra `report`)."""

import importlib.util
import os
import xml.etree.ElementTree as ET
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rbdm.errors import OutputError, RbdmError
from rbdm.expressions import EXPRESSIONS
from rbdm.files.atomic import atomic_write
from rbdm.timeline.annotations import expression_segments
from rbdm.timeline.provenance import ANNOTATOR, provenance
from rbdm.timeline.timeline import Timeline

if TYPE_CHECKING:
    from pympi import Elan


TIER = "expression"

_LANGUAGE = ("eng", "http://cdb.iso.org/lg/CDB-00138502-001", "English (eng)")
# ELAN itself writes these types.
_MIME_TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}
_OTHER_MIME_TYPE = "video/*"


def require_elan() -> None:
    """Raise `RbdmError` if pympi-ling is not installed. The message says how to install it."""
    if importlib.util.find_spec("pympi") is None:
        raise RbdmError("an ELAN file needs pympi-ling: pip install 'rbdm[report]'")


def write_elan(timeline: Timeline, path: Path) -> None:
    """Write the segments of the annotation `expression` as the tier `expression`, with a link to the video.

    ELAN stores times in whole milliseconds. A segment whose start and end round to the same millisecond is left out.
    The classes are the controlled vocabulary of the tier. The provenance is stored as properties of the document.

    Raises:
        RbdmError: pympi-ling is not installed.
        OutputError: the file cannot be written, or the video's name has a character that XML cannot hold.
    """
    require_elan()
    from pympi import Elan

    document = Elan.Eaf(author=f"{ANNOTATOR} {timeline.version}")
    _describe(document, timeline, path)
    _add_segments(document, timeline)
    root = Elan.to_adocument(document, pretty=False)
    _refer_to_vocabulary(root)
    ET.indent(root)
    try:
        content = ET.tostring(root, encoding="utf-8", xml_declaration=True)
        ET.fromstring(content)
    except (ET.ParseError, UnicodeError):
        raise OutputError(f"{path}: the name {timeline.video!a} has a character that XML cannot hold") from None
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def _describe(document: "Elan.Eaf", timeline: Timeline, path: Path) -> None:
    # pympi writes an invalid date in time zones that differ from UTC by a half hour.
    document.adocument["DATE"] = datetime.now().astimezone().isoformat(timespec="seconds")
    document.header = {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"}
    mime_type = _MIME_TYPES.get(timeline.video.suffix.lower(), _OTHER_MIME_TYPE)
    document.add_linked_file(_url(timeline.video), _relative_url(timeline.video, path), mime_type)
    document.properties = list(provenance(timeline).items())
    document.add_language(*_LANGUAGE)
    document.add_controlled_vocabulary(TIER)
    for expression in EXPRESSIONS[: timeline.options.num_expressions]:
        document.add_cv_entry(TIER, expression.name, [(expression.name, _LANGUAGE[0], None)])
    kind = {"LINGUISTIC_TYPE_ID": TIER, "TIME_ALIGNABLE": "true", "GRAPHIC_REFERENCES": "false"}
    document.add_linguistic_type(TIER, param_dict={**kind, "CONTROLLED_VOCABULARY_REF": TIER})
    document.add_tier(TIER, ling=TIER, ann=ANNOTATOR, part=timeline.person or None)
    document.remove_tier("default")


def _add_segments(document: "Elan.Eaf", timeline: Timeline) -> None:
    for row in expression_segments(timeline, timeline.options):
        start, end = round(row["from"] * 1000), round(row["to"] * 1000)
        if start < end:
            document.add_annotation(TIER, start, end, EXPRESSIONS[row["id"]].name)
    # ELAN numbers new annotations from here.
    document.add_property("lastUsedAnnotationId", document.maxaid)


def _refer_to_vocabulary(root: Any) -> None:
    for annotation in root.iter("ALIGNABLE_ANNOTATION"):
        annotation.set("CVE_REF", annotation.findtext("ANNOTATION_VALUE"))


def _url(video: Path) -> str:
    # ELAN uses the text after "file:" as the path without decoding it, so spaces and umlauts must not be escaped.
    place = video.resolve().as_posix()
    return f"file:{place}" if place.startswith("//") else f"file:///{place.lstrip('/')}"


def _relative_url(video: Path, path: Path) -> str | None:
    with suppress(ValueError):  # the video is on another Windows drive
        place = Path(os.path.relpath(video.resolve(), path.resolve().parent)).as_posix()
        return place if place.startswith("../") else f"./{place}"
    return None
