"""ELAN's files, read without pympi, and ELAN's own schemas."""

import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest


def elan_segments(path: Path) -> list[tuple[int, int, str | None]]:
    """(start, end, class) in milliseconds of each annotation of the tier, read by ElementTree alone."""
    root = ET.parse(path).getroot()
    slots = {slot.get("TIME_SLOT_ID"): int(slot.get("TIME_VALUE")) for slot in root.iter("TIME_SLOT")}
    (tier,) = root.findall("TIER")
    assert tier.get("TIER_ID") == "expression"
    return [
        (slots[item.get("TIME_SLOT_REF1")], slots[item.get("TIME_SLOT_REF2")], item.findtext("ANNOTATION_VALUE"))
        for item in tier.iter("ALIGNABLE_ANNOTATION")
    ]


def elan_schemas(folder: Path) -> dict:
    """The schemas by name. They come with the source package of pympi-ling; `folder` keeps them once downloaded."""
    etree = pytest.importorskip("lxml.etree", reason="needs lxml")
    if not list(folder.glob("*.xsd")):
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "pympi-ling==1.71"]
        done = subprocess.run([*command, "--dest", str(folder)], capture_output=True, text=True)
        if done.returncode:
            pytest.skip("ELAN's schemas come with the source package of pympi-ling, which cannot be downloaded here")
        with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
            for member in archive.getmembers():
                if member.name.endswith(".xsd"):
                    (folder / Path(member.name).name).write_bytes(archive.extractfile(member).read())
    found = {path.stem: etree.XMLSchema(etree.parse(str(path))) for path in sorted(folder.glob("EAF*.xsd"))}
    assert {"EAFv2.8", "EAFv3.0"} <= set(found)
    return found
