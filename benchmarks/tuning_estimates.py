"""Whether the estimate of `rbdm train --tune heads` is honest: python -m benchmarks.tuning_estimates LABELS.csv

The table is that of benchmarks/london.py. Each time, the heads are tuned on some people (each is a session), and the
mean recall that was estimated on held-out ones is compared with that on all other people.
"""

import argparse
from pathlib import Path

import numpy as np

from rbdm.network.constants import Layer
from rbdm.network.weights import find_weights
from rbdm.training.dataset import load_faces
from rbdm.training.labelled_faces import LabelledFaces
from rbdm.training.tuning.base import Base, logits, softmax
from rbdm.training.tuning.choice import separate
from rbdm.training.tuning.estimate import compare_expression
from rbdm.training.tuning.frames import Faces, folds_of
from rbdm.training.tuning.tuner import HeadsTuner

BATCH = 32
NEUTRAL, HAPPY = 0, 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--times", type=int, default=10)
    arguments = parser.parse_args()
    images = load_faces(arguments.labels, find_faces=True)
    base = Base(find_weights("open"))
    everybody, men = faces_of(images, base), np.array(images.column("gender")) == "male"
    tuner, start = HeadsTuner(base), separate(base.heads)["expression"]
    print("| verdict | before | after (estimated) | p | others: before | after | neutral | women | men |")
    print("|---|---|---|---|---|---|---|---|---|")
    gaps = []
    for seed in range(arguments.times):
        chosen = np.random.default_rng(seed).permutation(everybody.unit.max() + 1)[: arguments.people]
        is_in = np.isin(everybody.unit, chosen)
        study, others = everybody.take(is_in), everybody.take(~is_in)
        after = np.empty((len(study), 8))
        for is_out in folds_of(study.unit, tuner.most_folds, seed=0):
            tuned = tuner.tune(study.take(~is_out), ["expression"])
            after[is_out] = tuned.values(study.values[is_out])["expression"]
        figure = compare_expression(study, softmax(logits(study.values, start)), softmax(after))
        head = base.head_of("emotions", tuner.tune(study, ["expression"]).layers["emotions"])
        first, real = figure.figures[0], recalls(others, head)
        gaps.append((first.after.value - np.mean(real), np.mean(real) - np.mean(recalls(others, start))))
        of_group = " | ".join(
            f"{recalls(others.take(group), start)[1]:.0%} → {recalls(others.take(group), head)[1]:.0%}"
            for group in (~men[~is_in], men[~is_in])
        )
        print(
            f"| {figure.verdict} | {first.before.value:.3f} | {first.after.value:.3f} | {first.p:.3f} "
            f"| {np.mean(recalls(others, start)):.3f} | {np.mean(real):.3f} "
            f"| {recalls(others, start)[0]:.0%} → {real[0]:.0%} | {of_group} |",
            flush=True,
        )
    bias, gain = np.mean(gaps, axis=0)
    print(f"estimated − real: {bias:+.3f} on average; real gain {gain:+.3f}")


def faces_of(images: LabelledFaces, base: Base) -> Faces:
    """The features of all images; each person is a unit."""
    entry, submit = base.weights.entry, base.features()
    parts = []
    for first in range(0, len(images), BATCH):
        indices = range(first, min(first + BATCH, len(images)))
        crops = [images.network_input(i, entry.input_size, entry.crop_scale, entry.color == "grey") for i in indices]
        parts.append(submit(np.stack(crops))())
    unit, count = np.unique(images.column("person"), return_inverse=True)[1], len(images)
    return Faces(
        np.concatenate(parts),
        images.probabilities.astype(float),
        np.ones((count, 8), bool),
        np.full((count, 2), np.nan),
        np.ones(count),
        unit,
    )


def recalls(faces: Faces, head: Layer) -> tuple[float, float]:
    """The shares of neutral faces and of smiles that a head recognises."""
    guess, truth = logits(faces.values, head).argmax(axis=1), faces.expression.argmax(axis=1)
    neutral, happy = (float((guess[truth == one] == one).mean()) for one in (NEUTRAL, HAPPY))
    return neutral, happy


if __name__ == "__main__":
    main()
