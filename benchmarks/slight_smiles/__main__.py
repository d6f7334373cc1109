"""Tries to make the open weights recognise more slight smiles, without losing what they are good at.

    python -m benchmarks.slight_smiles ferplus.npz london/labels.csv --cache FOLDER

Each trial trains the last layers anew, from the open weights, on FER+ and on pictures made from it. It is judged by the
faces of FER+ (validation) that 15 to 60 % of the taggers called Happy and almost all others Neutral. The people of
`benchmarks/london.py` are only looked at for the weights as they are, and for the trials that recognise more of these
and keep the accuracy: whoever chooses among many trials by their figures there has no test any more. What the first
layers compute is kept in the cache (2 GB), so that a second run only trains. `pip install '.[train]'`
"""

import argparse
from collections.abc import Callable
from copy import copy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.london import figures, share
from benchmarks.slight_smiles.faces import HAPPY, made_faces
from benchmarks.slight_smiles.judgement import judge
from benchmarks.slight_smiles.network import Network
from benchmarks.slight_smiles.pictures import Image
from benchmarks.slight_smiles.trials import HEADS, TRAIN, TRIALS, Trial, train
from rbdm.network.architecture import EMOTIONS, VALENCE_AROUSAL
from rbdm.training.dataset import load_faces
from rbdm.training.evaluation.groups import groups_of
from rbdm.training.labelled_faces import LabelledFaces
from rbdm.training.train import CROP_SCALE, INPUT_SIZE, calibrate

if TYPE_CHECKING:
    import keras

Floats = npt.NDArray[np.floating]
VALID, TEST, LONDON = "valid", "test", "london"
CHANGES: dict[str, Callable[[Image], Image]] = {
    "mirrored": lambda image: image[:, ::-1],
    "coarse": lambda image: _resize(_resize(image, 48, cv2.INTER_AREA), len(image), cv2.INTER_LINEAR),
}
"""What a crop may be changed by; a coarse one has the 48 pixels of the faces of FER+."""


def look(faces: LabelledFaces, probabilities: Floats, valence: Floats) -> list[str]:
    """The cells about London: smiles recognised of all, women and men, and neutral faces recognised."""
    classes, genders = probabilities.argmax(axis=1), groups_of(faces, "gender")
    rows = [figures(faces.take(i), classes[i], valence[i]) for i in (np.arange(len(faces)), *genders.values())]
    return [*(f"{row['happy'][0] / row['happy'][1]:.0%}" for row in rows), share(rows[0]["neutral"])]


AVERAGED = "kernels averaged with their mirror images (no more time)"
COLUMNS = (
    "trial",
    "FER+ valid",
    "FER+ test",
    "calibration error (test)",
    "slight smiles called Happy",
    "neutral faces called Happy",
    "AUC of the two",
    "London smiles: all",
    "women",
    "men",
    "London neutral",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ferplus", type=Path)
    parser.add_argument("london", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--only", nargs="+", default=[trial.name for trial in TRIALS], help="names of trials")
    arguments = parser.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    bench = Bench(arguments.ferplus, arguments.london, arguments.cache)
    print("| " + " | ".join(COLUMNS) + " |")
    print("|---" * len(COLUMNS) + "|")
    bench.show_start()
    bench.show_averaged(arguments.cache / "averaged")
    for trial in TRIALS:
        if trial.name in arguments.only:
            bench.show(trial)


class Bench:
    """Runs trials and prints a row of the table for each."""

    def __init__(self, ferplus: Path, london: Path, folder: Path) -> None:
        self._network = Network(folder)
        self._faces = {split: load_faces(ferplus, split) for split in (TRAIN, VALID, TEST)}
        self._faces[LONDON] = load_faces(london, find_faces=True)
        self._made = made_faces(self._faces[TRAIN], folder)

    def _activations(self, name: str, cut: str) -> Floats:
        """What a set is at a cut; computed if it is not in the cache."""
        if name in self._made:
            self._network.compute(name, len(self._made[name].labels), self._made[name].picture)
        else:
            split, _, change = name.partition("-")
            faces, changed = self._faces[split], CHANGES.get(change, lambda image: image)
            self._network.compute(name, len(faces), lambda i: changed(_grey(faces, i)))
        return self._network.activations(name, cut)

    def show_start(self) -> None:
        """Rows for the weights as they are: alone, with other crops, with a higher score of Happy."""
        tail = self._network.tail(HEADS)
        plain = cache(lambda name: self._scores(tail, HEADS, name))
        self._row("as shipped", plain, show_london=True)

        def with_mirror(name: str) -> tuple[Floats, Floats]:
            mirrored, valence = self._scores(tail, HEADS, f"{name}-mirrored")
            return _normal(np.sqrt(plain(name)[0] * mirrored)), (plain(name)[1] + valence) / 2

        self._row("mean with the mirror image (twice the time)", with_mirror)
        coarse = lambda name: self._scores(tail, HEADS, f"{name}-coarse") if name == LONDON else plain(name)  # noqa: E731
        self._row("London's crops reduced to the 48 pixels of FER+", coarse, show_london=True)
        for more in (0.5, 1, 2, 3):
            factors = np.where(np.arange(8) == HAPPY, np.exp(more), 1)
            raised = lambda name, factors=factors: (_normal(plain(name)[0] * factors), plain(name)[1])  # noqa: E731
            self._row(f"score of Happy raised by {more}", raised, show_london=True)

    def show_averaged(self, folder: Path) -> None:
        """Rows for kernels that are averaged with their mirror images: as they are, and with heads trained anew."""
        folder.mkdir(exist_ok=True)
        other = copy(self)
        other._network = Network(folder, averaged=True)
        tail = other._network.tail(HEADS)
        other._row(AVERAGED, lambda name: other._scores(tail, HEADS, name))
        other.show(Trial(f"{AVERAGED}, and heads anew"))

    def show(self, trial: Trial) -> None:
        """Train, calibrate on the validation split, and print the row."""
        self._network.reset()
        tail = self._network.tail(trial.cut)
        labels = {TRAIN: self._faces[TRAIN].probabilities} | {name: made.labels for name, made in self._made.items()}
        sets = {name: (self._activations(name, trial.cut), labels[name]) for name in trial.mix}
        train(tail, trial, sets)
        calibrate(tail, self._activations(VALID, trial.cut), self._faces[VALID])  # type: ignore[arg-type]
        self._row(trial.name, lambda name: self._scores(tail, trial.cut, name))

    def _scores(self, tail: "keras.Model", cut: str, name: str) -> tuple[Floats, Floats]:
        outputs: Any = tail.predict(self._activations(name, cut).astype(np.float32), batch_size=128, verbose=0)
        return outputs[EMOTIONS], outputs[VALENCE_AROUSAL][:, 0]

    def _row(self, name: str, scores: Callable[[str], tuple[Floats, Floats]], show_london: bool = False) -> None:
        valid, test = (self._faces[split].probabilities for split in (VALID, TEST))
        judgement = judge(scores(VALID)[0], valid, scores(TEST)[0], test)
        london = ["–"] * 4
        if show_london or judgement.is_promising:
            london = look(self._faces[LONDON], *scores(LONDON))
        print(f"| {name} | " + " | ".join(judgement.cells() + london) + " |", flush=True)


def _grey(faces: LabelledFaces, index: int) -> Image:
    return faces.network_input(index, INPUT_SIZE, CROP_SCALE, grey=True)[..., 0]


def _resize(image: Image, side: int, interpolation: int) -> Image:
    return np.asarray(cv2.resize(image, (side, side), interpolation=interpolation), np.uint8)


def _normal(values: Floats) -> Floats:
    return np.asarray(values / values.sum(axis=1, keepdims=True))


if __name__ == "__main__":
    main()
