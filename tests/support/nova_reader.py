"""Opens an `.annotation` as NOVA does, with no code of ours, and refuses what NOVA would show wrongly."""

import re
import struct
import xml.dom.minidom
from pathlib import Path
from typing import Any

_COLOR = re.compile(r"#([0-9A-Fa-f]{8}|[0-9A-Fa-f]{6})")
# What .NET's Double.Parse takes with NumberStyles.Float; anything else throws or is read as 0.
_DOUBLE = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|NaN")


def open_in_nova(path: Path) -> dict[str, Any]:
    """Scheme, meta and rows as NOVA holds them; an AssertionError where NOVA would stumble."""
    document = xml.dom.minidom.parse(str(path))
    root = document.documentElement
    assert root.tagName == "annotation" and root.getAttribute("ssi-v") == "3"
    info, meta, scheme = (_only(root, tag) for tag in ("info", "meta", "scheme"))
    kind = scheme.getAttribute("type")
    assert kind in ("DISCRETE", "CONTINUOUS", "FREE")
    for key in ("color", "mincolor", "maxcolor"):
        assert not scheme.hasAttribute(key) or _COLOR.fullmatch(scheme.getAttribute(key))
    labels = _labels(scheme) if kind == "DISCRETE" else {}
    raw = Path(f"{path}~").read_bytes()
    assert info.getAttribute("ftype") in ("ASCII", "BINARY")
    read = _read_ascii if info.getAttribute("ftype") == "ASCII" else _read_binary
    rows = read(raw, kind)
    assert int(info.getAttribute("size")) == len(rows)
    result = {"kind": kind, "name": scheme.getAttribute("name"), "meta": dict(meta.attributes.items())}
    if kind == "CONTINUOUS":
        result |= {key: _double(scheme.getAttribute(key)) for key in ("sr", "min", "max")}
        _check_samples(rows, result)
        return result | {"rows": rows}
    _check_segments(rows)
    if kind == "DISCRETE":
        for _, _, id, _ in rows:
            assert id in labels or id < 0, f"id {id} is no item: NOVA would show no label"
        rows = [(start, end, labels.get(id, "GARBAGE"), conf) for start, end, id, conf in rows]
    return result | {"labels": labels, "rows": rows}


def _only(root: xml.dom.minidom.Element, tag: str) -> xml.dom.minidom.Element:
    (element,) = root.getElementsByTagName(tag)
    return element


def _labels(scheme: xml.dom.minidom.Element) -> dict[int, str]:
    labels: dict[int, str] = {}
    for item in scheme.childNodes:
        if item.nodeType != item.ELEMENT_NODE:
            assert not item.data.strip()
            continue
        assert item.tagName == "item"
        id, name = int(item.getAttribute("id")), item.getAttribute("name")
        assert id not in labels and name not in labels.values() and name and id >= 0
        assert str(id) == item.getAttribute("id")
        assert not item.hasAttribute("color") or _COLOR.fullmatch(item.getAttribute("color"))
        labels[id] = name
    assert labels
    return labels


def _double(text: str) -> float:
    assert _DOUBLE.fullmatch(text), f"{text!r} is no number for NOVA"
    return float(text)


def _read_ascii(raw: bytes, kind: str) -> list[tuple[Any, ...]]:
    text = raw.decode("utf-8")
    assert "\r" not in text and (not text or text.endswith("\n"))
    rows: list[tuple[Any, ...]] = []
    for line in text.split("\n")[:-1]:
        cells = line.split(";")
        if kind == "CONTINUOUS":
            score, conf = cells
            rows.append((_double(score), _double(conf)))
            continue
        start, end, what, conf = cells
        assert kind == "FREE" or re.fullmatch(r"-1|0|[1-9]\d*", what)
        rows.append((_double(start), _double(end), what if kind == "FREE" else int(what), _double(conf)))
    return rows


def _read_binary(raw: bytes, kind: str) -> list[tuple[Any, ...]]:
    if kind != "FREE":
        return list(struct.iter_unpack("<ddif" if kind == "DISCRETE" else "<ff", raw))
    rows: list[tuple[Any, ...]] = []
    while raw:
        start, end, length = struct.unpack("<ddI", raw[:20])
        (conf,) = struct.unpack("<f", raw[20 + length : 24 + length])
        rows.append((start, end, raw[20 : 20 + length].decode("utf-8"), conf))
        raw = raw[24 + length :]
    return rows


def _check_samples(rows: list[tuple[Any, ...]], scheme: dict[str, Any]) -> None:
    assert scheme["sr"] > 0 and scheme["min"] < scheme["max"]
    for score, conf in rows:
        assert score != score or scheme["min"] <= score <= scheme["max"]
        assert 0 <= conf <= 1


def _check_segments(rows: list[tuple[Any, ...]]) -> None:
    """Sorted, disjoint, none empty: NOVA would draw others over each other."""
    before = 0.0
    for start, end, _, conf in rows:
        assert before <= start < end
        assert 0 <= conf <= 1
        before = end
