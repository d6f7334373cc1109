"""Finds the weights that an option asks for, downloads them where need be, and checks their hash."""

import hashlib
import importlib.util
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rbdm.errors import WeightsError
from rbdm.files.resources import BUNDLED, cache_folder
from rbdm.network.manifest import WeightsEntry, read_manifest
from rbdm.types import Notify

_TIMEOUT = (5.0, 60.0)
_CONVERTER = "tensorflow"
_LITERT = ".tflite"


@dataclass(frozen=True)
class Weights:
    """Weights that are there and have been checked.

    Attributes:
        entry: what the manifest says about them.
        path: the Keras file, or a LiteRT model that stands for itself.
        sha256: of that file.
        tflite: the LiteRT model, where it came along and need not be derived.
    """

    entry: WeightsEntry
    path: Path
    sha256: str
    tflite: Path | None

    @property
    def is_keras(self) -> bool:
        """Whether Keras can read them."""
        return self.path != self.tflite


def find_weights(weights: str, say: Notify = lambda text: None) -> Weights:
    """The weights that the option `weights` means.

    Args:
        weights: `open`, `open-int8` (8 bits: faster on a CPU, a little less exact), `official` (downloaded when first
            used), `auto` (official where they can be had and used here, else open), or the path of a Keras weights
            file or a LiteRT model of the network. What the manifest in a file's own folder says about it holds; else
            it is taken to be like the official weights.
        say: told in a line which weights `auto` chose and why, what is downloaded, what is assumed.

    Raises:
        WeightsError: they are missing or damaged, or cannot be downloaded.
    """
    if weights == "auto":
        return _auto(say)
    manifest = read_manifest(BUNDLED / "manifest.json")
    if weights in manifest:
        entry = manifest[weights]
        return _checked(entry, fetch(entry, say) if entry.url else BUNDLED / entry.file, BUNDLED)
    path = Path(weights)
    if not path.is_file():
        raise WeightsError(f"weights {weights!r}: neither a file nor one of auto, {', '.join(manifest)}")
    return _described(path, manifest, say)


def fetch(entry: WeightsEntry, say: Notify = lambda text: None, progress: Any = False) -> Path:
    """The file of a downloadable entry, downloaded unless it is there; a file whose hash does not fit is never used.

    Args:
        entry: with a `url`.
        say: told in a line that a download begins.
        progress: an object that pooch may tell of the download (`total`, `update`, `reset`, `close`).

    Raises:
        WeightsError: it cannot be downloaded, or its hash does not fit.
    """
    import pooch
    import requests

    target = cache_folder() / entry.file
    if target.exists():
        _check_hash(target, entry.sha256)
        return target
    say(f"weights: downloading {entry.url}")
    pooch.get_logger().setLevel("WARNING")
    downloader = pooch.HTTPDownloader(progressbar=progress, timeout=_TIMEOUT)
    try:
        return Path(
            pooch.retrieve(entry.url, f"sha256:{entry.sha256}", entry.file, target.parent, downloader=downloader)
        )
    except (requests.RequestException, OSError) as error:
        raise _Unreachable(
            f"{entry.name} cannot be downloaded ({type(error).__name__}): put {entry.url} into {target.parent}"
        ) from error
    except ValueError as error:
        raise WeightsError(f"{entry.url}: the hash of the download does not fit: it is not {entry.name}") from error


class _Unreachable(WeightsError):
    """A download that failed for reasons that are not the file's."""


def _auto(say: Notify) -> Weights:
    if importlib.util.find_spec(_CONVERTER) is None:
        say("weights: open (the official ones need TensorFlow: pip install tensorflow)")
        return find_weights("open")
    try:
        chosen = find_weights("official", say)
    except _Unreachable as error:
        say(f"weights: open ({error})")
        return find_weights("open")
    say(f"weights: official ({chosen.entry.licence})")
    return chosen


def _described(path: Path, manifest: dict[str, WeightsEntry], say: Notify) -> Weights:
    sha256 = hash_of(path)
    beside = path.parent / "manifest.json"
    own = read_manifest(beside).values() if beside.is_file() else ()
    known = [(entry, path.parent) for entry in own] + [(entry, BUNDLED) for entry in manifest.values()]
    for entry, folder in known:
        if sha256 == entry.sha256:
            return _checked(entry, path, folder)
        if sha256 == entry.tflite_sha256:
            return Weights(entry, path, sha256, path)
    if any(entry.file == path.name for entry in own):
        raise WeightsError(f"{path}: its SHA-256 is not the one in {beside}: one of the two is out of date")
    if path.suffix == _LITERT:
        raise WeightsError(f"{path}: nothing says how its faces must be cropped: describe it in {beside}")
    like_official = replace(manifest["official"], name=path.name, file=path.name, sha256=sha256, url="", licence="")
    say(f"weights: {path.name}, taken to be like the official ones (no {beside} describes it)")
    return Weights(like_official, path, sha256, None)


def _checked(entry: WeightsEntry, path: Path, folder: Path) -> Weights:
    """`entry` is of the manifest in `folder`, where the derived model lies, too."""
    sha256 = _check_hash(path, entry.sha256)
    if path.suffix == _LITERT:
        return Weights(entry, path, sha256, path)
    tflite = folder / entry.tflite if entry.tflite else None
    if tflite is not None:
        _check_hash(tflite, entry.tflite_sha256)
    return Weights(entry, path, sha256, tflite)


def _check_hash(path: Path, expected: str) -> str:
    found = hash_of(path)
    if found != expected:
        raise WeightsError(
            f"{path}: its SHA-256 is {found[:12]}…, not {expected[:12]}… as the manifest says; delete it"
        )
    return found


def hash_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal. Raises `WeightsError` when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror})") from error
