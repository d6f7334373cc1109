"""Measures whether maps show what a class, valence and arousal rest on.

    python benchmarks/explanations.py ferplus.npz --json explanations.json
    python benchmarks/explanations.py ferplus.npz --choose

Faces of the test split are explained. How far does the number fall if the places that a map calls most relevant are
blurred first (deletion)? How high does it rise if they are shown first in a blurred face (insertion)? How similar is a
map to that of a network whose weights were shuffled (Adebayo et al. 2018, arXiv 1810.03292), and to that of the face
mirrored or moved? The tables are printed.

`--choose` compares parameters of the method `relevance` on the validation split, with deletion only.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from benchmarks.deletion import FEW, SHARES, Crops, Floats, area, blurred, deletion, insertion, patches
from benchmarks.explained_faces import BASELINES, NAMES, Faces, relevance_of, traced
from rbdm.explain.explainer import METHODS, Explainer, Method
from rbdm.explain.propagation import gamma_rule
from rbdm.explain.target import Target
from rbdm.network.constants import Layer, read_constants, write_constants
from rbdm.network.weights import find_weights, network_graph
from rbdm.training.evaluation.evaluate import write_json
from rbdm.types import VALUES

GAMMAS, PLACES = (0.0, 0.02, 0.05, 0.1, 0.25), ("block_2", "block_4", "block_7")
CLEAR_VALUE = 0.3
"""Only faces whose valence or arousal is further from 0 than this are in its table."""
DRAWS = 2000
SHUFFLED = {
    "head": ("emotions", "valence_arousal"),
    "last block": ("block_16_expand", "block_16_depthwise", "block_16_project", "Conv_1"),
    "all": tuple(read_constants(network_graph())),
}
FEW_FACES = 10
"""Faces of each class whose maps are compared with those of shuffled weights and of moved faces."""
MOVES = (8, 16, 32)
"""Pixels by which faces are moved to the right."""


def measure_classes(explainer: Explainer, faces: Faces) -> dict[str, Any]:
    """Deletion and insertion of the predicted class, by class and method."""

    def score(crops: Crops) -> Floats:
        return faces.scores(crops).probabilities[np.arange(len(crops)), faces.classes]

    targets: list[Target] = [int(index) for index in faces.classes]
    first, last = score(faces.crops), score(blurred(faces.crops))
    found: dict[str, dict[str, Floats]] = {}
    seconds = {}
    for method in (*BASELINES, *METHODS):
        started = time.process_time()
        relevance = relevance_of(explainer, faces.crops, targets, method)
        seconds[method] = round((time.process_time() - started) / len(faces.crops), 4)
        deleted, inserted = deletion(faces.crops, relevance, score), insertion(faces.crops, relevance, score)
        few, areas = deleted[:, FEW].mean(axis=1), (area(deleted, first, last), area(inserted, last, first))
        found[method] = {"deletion": few, "deletion_area": areas[0], "insertion_area": areas[1]}
        print(f"{method}: deletion {few.mean():.3f}, insertion {areas[1].mean():.3f}", flush=True)
    for figures in found.values():
        for name in ("deletion", "insertion_area"):
            figures[f"{name}_minus_blob"] = figures[name] - found["blob"][name]
            figures[f"{name}_minus_gradient"] = figures[name] - found["gradient"][name]
    by_class = {
        method: {name: _by_class(values, faces.classes) for name, values in figures.items()}
        for method, figures in found.items()
    }
    counts = np.bincount(faces.classes, minlength=len(NAMES)).tolist()
    return {
        "faces": dict(zip(NAMES, counts, strict=True)),
        "before": _by_class(first, faces.classes),
        "blurred": _by_class(last, faces.classes),
        "methods": by_class,
        "cpu_seconds_per_face": seconds,
    }


def measure_value(explainer: Explainer, faces: Faces, name: str) -> dict[str, Any]:
    """Deletion of valence or arousal, in the direction of its sign: how much of it is left."""
    values = getattr(faces.scores(faces.crops), name)
    chosen = np.flatnonzero(np.abs(values) > CLEAR_VALUE)
    crops, signs = faces.crops[chosen], np.sign(values[chosen])

    def score(crops: Crops) -> Floats:
        return np.asarray(signs * getattr(faces.scores(crops), name), np.float32)

    found: dict[str, Floats] = {}
    for method in (*BASELINES, *METHODS):
        relevance = relevance_of(explainer, crops, [name] * len(crops), method)
        if method in METHODS:
            relevance = relevance * signs[:, None, None]
        found[method] = deletion(crops, relevance, score, SHARES[FEW]).mean(axis=1)
    return {
        "faces": len(crops),
        "before": interval(np.abs(values[chosen])),
        "methods": {
            method: {"deletion": interval(left), "deletion_minus_blob": interval(left - found["blob"])}
            for method, left in found.items()
        },
    }


def measure_shuffled(explainer: Explainer, faces: Faces, model: bytes) -> dict[str, Any]:
    """Spearman's correlation of each map with that of shuffled weights, over patches; its mean over faces."""
    crops, targets = _some(faces)
    layers, found = read_constants(model), {method: {} for method in METHODS}
    whole = {method: relevance_of(explainer, crops, targets, method) for method in METHODS}
    for number, (name, changed) in enumerate(SHUFFLED.items()):
        random = np.random.default_rng(number)
        shuffled = {layer: Layer(*(_shuffle(values, random) for values in layers[layer])) for layer in changed}
        other = Explainer(write_constants(model, shuffled), explainer.entry)
        for method in METHODS:
            maps = relevance_of(other, crops, targets, method)
            same = [_spearman(*pair) for pair in zip(whole[method], maps, strict=True)]
            sizes = [_spearman(np.abs(one), np.abs(two)) for one, two in zip(whole[method], maps, strict=True)]
            found[method][name] = {"signed": interval(np.array(same)), "magnitude": interval(np.array(sizes))}
    return {"faces": len(crops), "methods": found}


def measure_moved(explainer: Explainer, faces: Faces) -> dict[str, Any]:
    """Pearson's correlation of each map, moved back, with that of the face before it was mirrored or moved."""
    crops, targets = _some(faces)
    found: dict[str, Any] = {}
    for method in METHODS:
        maps = _maps(explainer, crops, targets, method)
        mirrored = _maps(explainer, np.ascontiguousarray(crops[:, :, ::-1]), targets, method)[:, :, ::-1]
        found[method] = {"mirrored": _correlation(patches(maps), patches(mirrored))}
        for step in MOVES:
            # What is not known of a face that moves is black, as beyond the edge of a frame.
            moved = np.zeros_like(crops)
            moved[:, :, step:] = crops[:, :, :-step]
            after = _maps(explainer, moved, targets, method)[:, :, step:]
            found[method][f"{step} pixels"] = _correlation(maps[:, :, :-step], after)
    return {"faces": len(crops), "methods": found}


def choose(explainer: Explainer, faces: Faces) -> None:
    """Print the deletion of the validation faces for each γ and place."""

    def score(crops: Crops) -> Floats:
        return faces.scores(crops).probabilities[np.arange(len(crops)), faces.classes]

    targets: list[Target] = [int(index) for index in faces.classes]
    print(f"{len(faces.crops)} faces; mean over classes of the probability after deletion of 5, 10 and 20 %")
    for place in PLACES:
        for gamma in GAMMAS:
            relevance = traced(explainer, faces.crops, targets, gamma_rule(gamma), place)
            left = deletion(faces.crops, relevance, score, SHARES[FEW]).mean(axis=1)
            print(f"{place} gamma {gamma}: {_by_class(left, faces.classes)['mean'][0]:.3f}", flush=True)


def interval(values: Floats) -> list[float]:
    """The mean over faces, and its 95 % interval by the bootstrap over faces."""
    draws = np.random.default_rng(2).multinomial(len(values), np.full(len(values), 1 / len(values)), DRAWS)
    low, high = np.quantile(draws @ values / len(values), (0.025, 0.975))
    return [round(float(value), 4) for value in (values.mean(), low, high)]


def _by_class(values: Floats, classes: Floats) -> dict[str, list[float]]:
    """The interval of each class, and that of the mean over the classes."""
    own = [values[classes == index] for index in range(len(NAMES))]
    random = np.random.default_rng(2)
    draws = [random.multinomial(len(part), np.full(len(part), 1 / len(part)), DRAWS) @ part / len(part) for part in own]
    low, high = np.quantile(np.mean(draws, axis=0), (0.025, 0.975))
    mean = [round(float(value), 4) for value in (np.mean([part.mean() for part in own]), low, high)]
    return {"mean": mean} | {name: interval(part) for name, part in zip(NAMES, own, strict=True)}


def _some(faces: Faces) -> tuple[Crops, list[Target]]:
    """A few faces of each class, and their classes."""
    chosen = np.concatenate([np.flatnonzero(faces.classes == index)[:FEW_FACES] for index in range(len(NAMES))])
    return faces.crops[chosen], [int(index) for index in faces.classes[chosen]]


def _maps(explainer: Explainer, crops: Crops, targets: list[Target], method: Method) -> Floats:
    return explainer.maps(np.ascontiguousarray(crops), targets, method)


def _correlation(one: Floats, other: Floats) -> list[float]:
    pairs = zip(one, other, strict=True)
    return interval(np.array([np.corrcoef(first.ravel(), second.ravel())[0, 1] for first, second in pairs]))


def _shuffle(values: Floats, random: np.random.Generator) -> Floats:
    return random.permutation(values.ravel()).reshape(values.shape)


def _spearman(one: Floats, other: Floats) -> float:
    ranks = [np.argsort(np.argsort(values.ravel(), kind="stable")) for values in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])


def _shown(figures: list[float]) -> str:
    return f"{figures[0]:.2f} [{figures[1]:.2f}, {figures[2]:.2f}]".replace("-", "−")


def tables(found: dict[str, Any]) -> list[str]:
    """The tables of MODEL_CARD.md, line by line."""
    classes, methods = found["classes"], found["classes"]["methods"]
    lines = []
    for name in ("deletion", "insertion_area"):
        lines += ["", f"{name}:", "", f"| | before | {' | '.join(methods)} | relevance − blob |"]
        lines += ["|---" * (len(methods) + 3) + "|"]
        for label in ("mean", *NAMES):
            cells = [f"{methods[method][name][label][0]:.2f}" for method in methods]
            against = _shown(methods["relevance"][f"{name}_minus_blob"][label])
            count = f" ({classes['faces'][label]})" if label in NAMES else ""
            lines.append(f"| {label}{count} | {classes['before'][label][0]:.2f} | {' | '.join(cells)} | {against} |")
    lines += ["", "values:", "", f"| | before | {' | '.join(methods)} | relevance − blob |"]
    lines += ["|---" * (len(methods) + 3) + "|"]
    for name in VALUES:
        value = found[name]
        cells = [f"{value['methods'][method]['deletion'][0]:.2f}" for method in methods]
        against = _shown(value["methods"]["relevance"]["deletion_minus_blob"])
        lines.append(f"| {name} ({value['faces']}) | {value['before'][0]:.2f} | {' | '.join(cells)} | {against} |")
    lines += ["", "shuffled weights:", "", f"| | {' | '.join(SHUFFLED)} |", "|---" * (len(SHUFFLED) + 1) + "|"]
    for method, by_name in found["shuffled"]["methods"].items():
        lines.append(f"| {method} | {' | '.join(_shown(by_name[name]['signed']) for name in SHUFFLED)} |")
        lines.append(f"| {method}, size | {' | '.join(_shown(by_name[name]['magnitude']) for name in SHUFFLED)} |")
    moved = found["moved"]["methods"]
    lines += ["", "moved faces:", "", f"| | {' | '.join(moved['relevance'])} |", "|---" * (len(MOVES) + 2) + "|"]
    lines += [f"| {method} | {' | '.join(map(_shown, figures.values()))} |" for method, figures in moved.items()]
    return lines


def main(
    data: Annotated[Path, typer.Argument(help="The archive ferplus.npz.")],
    json: Annotated[Path | None, typer.Option(help="Write all figures into this file.")] = None,
    per_class: Annotated[int, typer.Option(help="At most so many faces of each predicted class.")] = 100,
    choose_parameters: Annotated[bool, typer.Option("--choose")] = False,
) -> None:
    """Measure the explanations of the open weights."""
    weights, started = find_weights("open"), time.process_time()
    explainer = Explainer(network_graph(), weights.entry)
    faces = Faces(data, "valid" if choose_parameters else "test", per_class, weights)
    if choose_parameters:
        choose(explainer, faces)
        return
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "classes": lambda: measure_classes(explainer, faces),
        **{name: partial(measure_value, explainer, faces, name) for name in VALUES},
        "moved": lambda: measure_moved(explainer, faces),
        "shuffled": lambda: measure_shuffled(explainer, faces, network_graph()),
    }
    found: dict[str, Any] = {"weights": weights.entry.name}
    for name, measure in parts.items():
        found[name] = measure()
        found["cpu_seconds"] = round(time.process_time() - started)
        print(f"{name}: measured after {found['cpu_seconds']} seconds of a processor core", flush=True)
        if json is not None:
            write_json(json, found)
    print("\n".join(tables(found)))


if __name__ == "__main__":
    typer.run(main)
