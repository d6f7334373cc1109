"""Finds the weights that the option `weights` means, downloads them if necessary, and checks their SHA-256."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rbdm.errors import WeightsError
from rbdm.files.resources import BUNDLED, cache_folder
from rbdm.network.manifest import WeightsEntry, read_manifest
from rbdm.progress import weights_choice
from rbdm.types import Notify

_TIMEOUT = (5.0, 60.0)
"""Seconds to wait for the connection, and for the next bytes of the download."""
_LITERT = ".tflite"
MANIFEST = "manifest.json"
"""The file in a folder of weights that describes them."""


@dataclass(frozen=True)
class Weights:
    """Weights that exist and have been checked.

    Attributes:
        entry: the description from the manifest.
        path: the file: Keras weights, or a LiteRT model.
        sha256: SHA-256 of that file.
        tflite: the LiteRT model: `path` itself, or a model that comes with the Keras weights; None if it must be made
            of the Keras weights, see `rbdm.network.derivation`.
    """

    entry: WeightsEntry
    path: Path
    sha256: str
    tflite: Path | None

    @property
    def is_keras(self) -> bool:
        """Whether `path` is a file of Keras weights."""
        return self.path != self.tflite


def find_weights(weights: str, say: Notify = lambda text: None, download: bool = False) -> Weights:
    """The weights that the option `weights` means.

    Args:
        weights: `open`, `open-int8` (8 bits: faster on a CPU, but a little less exact), `official`, `auto` (the
            official weights if they are on this machine or can be downloaded, else the open ones), the name of a folder
            of tuned weights that was put beside them, or the path of such a folder, of a Keras weights file or of a
            LiteRT model of the network. If a `manifest.json` in the file's folder describes the file, this is used.
            Otherwise Keras weights are treated like the official weights.
        say: called with one line of text: which weights `auto` chose and why, what is downloaded, what is assumed.
        download: whether weights that are not on this machine may be downloaded. A server does so. A person first
            agrees to their licence, with `rbdm weights fetch`.

    Raises:
        WeightsError: the weights are missing or damaged, cannot or must not be downloaded, or are a LiteRT model that
            no manifest describes.
    """
    manifest = read_manifest(BUNDLED / MANIFEST)
    if weights == "auto":
        return _auto(manifest["official"], say, download)
    if weights in manifest:
        entry = manifest[weights]
        if not download and not is_here(entry):
            raise WeightsError(f"weights {weights!r} are not on this machine: run once: rbdm weights fetch {weights}")
        return _checked(entry, fetch(entry, say) if entry.url else BUNDLED / entry.file, BUNDLED)
    path = Path(weights)
    if weights in added_weights():
        path = BUNDLED / weights
    if (path / MANIFEST).is_file():
        return _of_folder(path)
    if not path.is_file():
        names = ", ".join([*manifest, *added_weights()])
        raise WeightsError(f"weights {weights!r}: no such file, or folder with {MANIFEST}; the names are auto, {names}")
    return _from_file(path, manifest, say)


def added_weights() -> dict[str, Path]:
    """The folders of weights that a user has put beside those that come with rbdm, by their names."""
    return {file.parent.name: file.parent for file in sorted(BUNDLED.glob(f"*/{MANIFEST}"))}


def _of_folder(folder: Path) -> Weights:
    """The weights of a folder whose manifest describes one file, such as a folder of `rbdm train --tune`."""
    manifest = folder / MANIFEST
    entries = list(read_manifest(manifest).values())
    if len(entries) != 1:
        raise WeightsError(f"{manifest}: describes {len(entries)} files: name one of them")
    return _checked(entries[0], folder / entries[0].file, folder)


def network_graph() -> bytes:
    """The LiteRT model whose graph all float32 models of the network share: that of the open weights."""
    model = find_weights("open").tflite
    if model is None:
        raise WeightsError(f"{BUNDLED / MANIFEST}: open has no LiteRT model")
    return model.read_bytes()


def is_here(entry: WeightsEntry) -> bool:
    """Whether the file of an entry comes with rbdm or is in the cache folder."""
    return not entry.url or (cache_folder() / entry.file).exists()


def fetch(entry: WeightsEntry, say: Notify = lambda text: None, progress: Any = False) -> Path:
    """The file of an entry in the cache folder, downloaded if it is not there. A file with a wrong hash is never used.

    Args:
        entry: an entry with a `url`.
        say: called with one line of text before a download.
        progress: an object through which pooch reports the download (`total`, `update`, `reset`, `close`), or False.

    Raises:
        WeightsError: the file cannot be downloaded, or its hash is wrong.
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
        raise WeightsError(f"{entry.url}: the downloaded file has a wrong SHA-256: it is not {entry.name}") from error


class _Unreachable(WeightsError):
    """The download failed because of the network, the server or the cache folder, and not because of a wrong file."""


def _auto(official: WeightsEntry, say: Notify, download: bool) -> Weights:
    if not download and not is_here(official):
        say(weights_choice("open", "to use the official weights, run once: rbdm weights fetch official"))
        return find_weights("open")
    try:
        chosen = find_weights("official", say, download)
    except _Unreachable as error:
        say(weights_choice("open", str(error)))
        return find_weights("open")
    say(weights_choice("official", chosen.entry.licence))
    return chosen


def _from_file(path: Path, manifest: dict[str, WeightsEntry], say: Notify) -> Weights:
    """A weights file that is given by its path; `manifest` has the bundled entries."""
    sha256 = hash_of(path)
    own_manifest = path.parent / MANIFEST
    own_entries = read_manifest(own_manifest).values() if own_manifest.is_file() else ()
    known = [(entry, path.parent) for entry in own_entries] + [(entry, BUNDLED) for entry in manifest.values()]
    for entry, folder in known:
        if sha256 == entry.sha256:
            return _checked(entry, path, folder)
        if sha256 == entry.tflite_sha256:
            return Weights(entry, path, sha256, path)
    if any(entry.file == path.name for entry in own_entries):
        raise WeightsError(f"{path}: its SHA-256 differs from the one in {own_manifest}: one of the two is out of date")
    if path.suffix == _LITERT:
        raise WeightsError(f"{path}: how its faces must be cropped is not known: describe it in {own_manifest}")
    like_official = replace(manifest["official"], name=path.name, file=path.name, sha256=sha256, url="", licence="")
    say(f"weights: {path.name} is treated like the official weights ({own_manifest} does not describe it)")
    return Weights(like_official, path, sha256, None)


def _checked(entry: WeightsEntry, path: Path, folder: Path) -> Weights:
    """Check the hashes of an entry. `folder` has its manifest, and its LiteRT model if there is one."""
    sha256 = _check_hash(path, entry.sha256)
    if path.suffix == _LITERT:
        return Weights(entry, path, sha256, path)
    tflite = folder / entry.tflite if entry.tflite else None
    if tflite is not None:
        _check_hash(tflite, entry.tflite_sha256)
    return Weights(entry, path, sha256, tflite)


def _check_hash(path: Path, expected: str) -> str:
    """The SHA-256 of a file. Raises `WeightsError` if it is not `expected`."""
    actual = hash_of(path)
    if actual != expected:
        raise WeightsError(
            f"{path}: its SHA-256 is {actual[:12]}…, not {expected[:12]}… as in the manifest; delete the file"
        )
    return actual


def hash_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal. Raises `WeightsError` if the file cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror})") from error
