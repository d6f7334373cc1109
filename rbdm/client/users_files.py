"""Takes over what a user has added to an installed module, or changed in it, when a new version replaces it."""

import hashlib
import re
import shutil
from collections.abc import Collection
from dataclasses import asdict
from datetime import date
from pathlib import Path

from rbdm.errors import OptionError, WeightsError
from rbdm.files.naming import unused
from rbdm.network.manifest import WeightsEntry, read_manifest, write_manifest
from rbdm.options import Options
from rbdm.types import Notify

_MANIFEST = Path("weights", "manifest.json")
_OPTION = re.compile(r"\{(?P<name>\w+):\w+:(?P<value>[^{}]*)\}")
_INPUT_OR_OUTPUT = re.compile(r'<io [^>]*?\bid="(?P<name>\w+)"[^>]*?\bdefault_value="(?P<value>[^"]*)"')


def keep_files(old: Path, new: Path, replaced: Collection[str], say: Notify) -> None:
    """Copy the user's files from an older version of the module into a newer one.

    A file is the user's if neither version has brought it. A file that the user has changed is copied under a dated
    name. If the older manifest of the weights describes weights of the user, the newer manifest gets these entries.

    Args:
        old: the folder of the older version.
        new: the folder of the newer version.
        replaced: names in these folders that are replaced without a look into them.
        say: called with one line of text about each file that is kept.

    Raises:
        OSError: a file cannot be copied.
    """
    manifest = _manifest(old)
    brought = _brought(manifest, read_manifest(new / _MANIFEST).keys())
    for file in sorted(old.rglob("*")):
        name = file.relative_to(old)
        if name.parts[0] in replaced or "__pycache__" in name.parts or name == _MANIFEST or not file.is_file():
            continue
        target = new / name
        if name in brought and brought[name] == _digest(file):
            continue
        if target.exists():
            if _digest(target) == _digest(file):
                continue
            target = unused(target, f"before-{date.today()}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target)
        say(f"kept {target.relative_to(new)}")
    _keep_manifest(old, new, manifest, say)


def _manifest(folder: Path) -> dict[str, WeightsEntry]:
    try:
        return read_manifest(folder / _MANIFEST)
    except WeightsError:
        return {}


def _brought(manifest: dict[str, WeightsEntry], ours: Collection[str]) -> dict[Path, str]:
    """The SHA-256 of each file of weights that came with a version of the module.

    Args:
        manifest: of this version, perhaps with entries of the user.
        ours: the names of the weights that rbdm knows. Those with a `url` do not come with the module.
    """
    entries = [entry for key, entry in manifest.items() if key in ours and not entry.url]
    files = {entry.file: entry.sha256 for entry in entries} | {entry.tflite: entry.tflite_sha256 for entry in entries}
    return {_MANIFEST.parent / name: digest for name, digest in files.items() if name}


def _keep_manifest(old: Path, new: Path, manifest: dict[str, WeightsEntry], say: Notify) -> None:
    file = old / _MANIFEST
    if not file.is_file():
        return
    ours = read_manifest(new / _MANIFEST)
    added = {key: entry for key, entry in manifest.items() if key not in ours}
    if added:
        write_manifest(new / _MANIFEST, ours | added)
        say(f"kept the description of the weights {', '.join(added)}")
    if not manifest or any(asdict(manifest[key]) != asdict(ours[key]) for key in manifest.keys() & ours.keys()):
        copy = unused(new / _MANIFEST, f"before-{date.today()}")
        shutil.copy2(file, copy)
        say(f"the older manifest of the weights is now {copy.relative_to(new)}")


def keep_settings(old: Path, delivered: Path, new: Path, say: Notify) -> None:
    """Take over the default values that the user has changed in a trainer file: of options, inputs and outputs.

    Args:
        old: the trainer file of the older version.
        delivered: the same file as it was before the user has changed it.
        new: the trainer file of the newer version, which is changed.
        say: called with one line of text about each value.

    Raises:
        OSError: a file cannot be read or written.
    """
    before, was, text = (path.read_text(encoding="utf-8", errors="replace") for path in (delivered, old, new))
    for pattern in (_OPTION, _INPUT_OR_OUTPUT):
        delivered_values, users, ours = (
            {found["name"]: found["value"] for found in pattern.finditer(content)} for content in (before, was, text)
        )
        for name, value in users.items():
            if name not in ours or value in (delivered_values.get(name), ours[name]):
                continue
            if pattern is _OPTION and not _is_valid(name, value):
                say(f"option {name} is {ours[name].partition(',')[0]} again: {value!r} is not allowed any more")
                continue
            (found,) = (found for found in pattern.finditer(text) if found["name"] == name)
            text = text[: found.start("value")] + value + text[found.end("value") :]
            say(f"kept the default value of {name}: {value}")
    new.write_bytes(text.encode())


def _is_valid(name: str, values: str) -> bool:
    try:
        for value in values.split(","):
            Options.parse({name: value})
    except OptionError:
        return False
    return True


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
