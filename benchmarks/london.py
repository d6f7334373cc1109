"""Measures weights on people who each look neutral and smile once, by group: python benchmarks/london.py LABELS.csv

The table has the columns path, expression (Neutral or Happy), person, and one for each kind of group. It was made for
the Face Research Lab London Set (DeBruine and Jones 2017, doi 10.6084/m9.figshare.5047666), whose images show the head.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from rbdm.network.engine import load_engine
from rbdm.network.weights import find_weights
from rbdm.training.dataset import load_faces
from rbdm.training.evaluation.groups import groups_of
from rbdm.training.evaluation.metrics import wilson_interval
from rbdm.training.labelled_faces import LabelledFaces

NEUTRAL, HAPPY = 0, 1
BATCH = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--weights", default="open")
    parser.add_argument("--groups", nargs="+", default=["gender", "ethnicity", "age"])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    faces = load_faces(arguments.labels, find_faces=True)
    classes, valence = predicted(faces, arguments.weights)
    groups = {"all": np.arange(len(faces))}
    for column in arguments.groups:
        groups |= {f"{column}: {name}": indices for name, indices in groups_of(faces, column).items()}
    rows = {name: figures(faces.take(i), classes[i], valence[i]) for name, i in groups.items()}
    print(f"weights {arguments.weights}, {len(faces)} images, {faces.left_out} without a face")
    print("| group | people | neutral recognised | smile recognised | valence rises | AUC of valence |")
    print("|---|---|---|---|---|---|")
    for name, row in rows.items():
        shares = " | ".join(share(row[key]) for key in ("neutral", "happy", "rises"))
        print(f"| {name} | {row['people']} | {shares} | {row['auc']:.2f} |")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def predicted(faces: LabelledFaces, weights: str) -> tuple[np.ndarray, np.ndarray]:
    """The most probable class and the valence of each face, cropped as in a video."""
    found = find_weights(weights)
    engine, entry = load_engine(found, "cpu", BATCH), found.entry
    classes, valence = [], []
    for first in range(0, len(faces), BATCH):
        indices = range(first, min(first + BATCH, len(faces)))
        grey = entry.color == "grey"
        crops = [faces.network_input(i, entry.input_size, entry.crop_scale, grey) for i in indices]
        scores = engine.predict(np.stack(crops))
        classes.append(scores.probabilities.argmax(axis=1))
        valence.append(scores.valence)
    return np.concatenate(classes), np.concatenate(valence)


def figures(faces: LabelledFaces, classes: np.ndarray, valence: np.ndarray) -> dict[str, Any]:
    """Counts of right answers as (hits, all), and the probability that a smile has more valence than a neutral face."""
    truth, people = faces.probabilities.argmax(axis=1), np.array(faces.column("person"))
    neutral, happy = truth == NEUTRAL, truth == HAPPY
    pairs = [(valence[neutral & (people == one)], valence[happy & (people == one)]) for one in np.unique(people)]
    complete = [(before[0], after[0]) for before, after in pairs if len(before) and len(after)]
    differences = valence[happy][:, None] - valence[neutral][None]
    return {
        "people": len(np.unique(people)),
        "neutral": (int((classes[neutral] == NEUTRAL).sum()), int(neutral.sum())),
        "happy": (int((classes[happy] == HAPPY).sum()), int(happy.sum())),
        "rises": (sum(bool(after > before) for before, after in complete), len(complete)),
        "auc": float((differences > 0).mean() + (differences == 0).mean() / 2),
    }


def share(counts: tuple[int, int]) -> str:
    hits, count = counts
    interval = wilson_interval(hits, count)
    return f"{hits / count:.0%} ({interval[0]:.0%}–{interval[1]:.0%})" if interval else "–"


if __name__ == "__main__":
    main()
