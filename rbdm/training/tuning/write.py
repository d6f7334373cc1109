"""Writes tuned weights into a folder: the LiteRT model, its manifest, its card and all figures."""

import json
import math
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rbdm.errors import InputError, OutputError
from rbdm.files.atomic import atomic_replace_folder
from rbdm.files.leftovers import PREFIX
from rbdm.files.resources import BUNDLED
from rbdm.network.constants import write_constants
from rbdm.network.manifest import WeightsEntry, read_manifest, write_manifest
from rbdm.network.weights import MANIFEST, hash_of
from rbdm.training.tuning.base import Base
from rbdm.training.tuning.card import card
from rbdm.training.tuning.tune import Outcome
from rbdm.types import VALUES
from rbdm.version import __version__

CARD = "MODEL_CARD.md"
FIGURES = "figures.json"


def check_folder(out: Path) -> None:
    """Check that weights can be written to a new folder, before hours of video are decoded.

    Raises:
        InputError: the folder has the name of weights that come with rbdm.
        OutputError: it exists and is not empty, or cannot be made.
    """
    manifest = read_manifest(BUNDLED / MANIFEST)
    if out.resolve().name in {"auto", *manifest, *(entry.name for entry in manifest.values())}:
        raise InputError(f"{out}: weights that come with rbdm have this name: choose another one")
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise OutputError(f"{out}: exists already: name a new folder, or delete it")
        out.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryDirectory(prefix=PREFIX, dir=out.parent).cleanup()
    except OSError as error:
        raise OutputError(f"{out}: cannot be written: {error.strerror}") from None


def write_weights(out: Path, base: Base, outcome: Outcome) -> Path:
    """Write the folder: completely or not at all.

    Args:
        out: the folder; its name becomes the name of the weights in results.
        base: the start.
        outcome: the tuned layers and their figures.

    Returns:
        The LiteRT model.

    Raises:
        OutputError: the folder cannot be written, or something is in it.
    """
    if out.exists() and any(out.iterdir()):
        raise OutputError(f"{out}: something was put into it meanwhile: nothing was replaced")
    name = out.resolve().name
    model = f"{name}.tflite"
    try:
        with atomic_replace_folder(out) as folder:
            (folder / model).write_bytes(write_constants(base.model, outcome.layers))
            entry = entry_of(name, model, hash_of(folder / model), outcome)
            write_manifest(folder / MANIFEST, {name: entry})
            (folder / CARD).write_text(card(name, entry, outcome), encoding="utf-8")
            text = json.dumps(figures(name, entry, outcome), indent=1, allow_nan=False, ensure_ascii=False)
            (folder / FIGURES).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{out}: cannot be written: {error.strerror or error}") from None
    return out / model


def entry_of(name: str, file: str, sha256: str, outcome: Outcome) -> WeightsEntry:
    """The manifest's entry of tuned weights."""
    start = outcome.start.entry
    return replace(
        start,
        name=name,
        file=file,
        sha256=sha256,
        url="",
        tflite="",
        tflite_sha256="",
        licence=f"own; tuned from {start.name} ({start.licence or 'licence unknown'})",
        affect_is_derived=start.affect_is_derived and not set(VALUES) <= set(outcome.settings),
    )


def figures(name: str, entry: WeightsEntry, outcome: Outcome) -> dict[str, Any]:
    """All figures, for JSON; what is not known is None."""
    return {
        "made_by": f"rbdm {__version__}",
        "weights": name,
        "weights_sha256": entry.sha256,
        "start": outcome.start.entry.name,
        "start_sha256": outcome.start.sha256,
        "tuned": outcome.kind,
        "settings": dict(outcome.settings),
        "split": outcome.material.split,
        "units": list(outcome.units),
        "annotators": list(outcome.annotators),
        "sample_ms": outcome.material.sample_ms,
        "moments": outcome.moments,
        "without_face": outcome.without_face,
        "failed": list(outcome.failed),
        "outputs": {output: _without_nan(asdict(found)) for output, found in outcome.comparisons.items()},
    }


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
