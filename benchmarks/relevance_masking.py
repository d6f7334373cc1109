"""Measures whether relevance masking helps a student: python benchmarks/relevance_masking.py FERPLUS.npz LONDON.csv

Small networks are trained on whole faces of FER+, and on faces masked by the relevance to a teacher, by a blob in the
middle, or by random patches of the same area. `--results FILE` gets the result of each run at once: start the command
again to continue it. `--figures FOLDER` draws the figures of docs/relevance-masking.md of what is in FILE, and prints
its tables.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import cv2
import numpy as np

from rbdm.files.atomic import atomic_write
from rbdm.training.dataset import load_faces
from rbdm.training.labelled_faces import LabelledFaces
from rbdm.training.masking.masks import mask_image, soft_mask
from rbdm.training.train import CROP_SCALE

SIZE = 48
"""Side of the students' input: that of FER+."""
EPOCHS = {1000: 32, 4000: 10, 0: 3}
"""Passes over the data, by the number of faces; 0 means all faces."""
MEASURED_EVERY = {1000: 4, 4000: 2, 0: 1}
"""Number of epochs from one measurement to the next; the learning rate changes at the same time."""
SEEDS = (0, 1, 2)
SHARE = 0.5
WIDTHS = (16, 32, 64, 96)
BATCH = 64
LEARNING_RATE = 3e-3
PATCHES = 7
"""Random patches: this number by this number in an image."""
MASKED_TEST = 500
"""Number of test faces that are also tested masked."""
SOURCES = ("relevance", "activation", "blob", "patches")
"""What says where the mask is: LRP-γ of the teacher, its class activation map, or one of the two baselines."""
COLOURS = {
    "whole": "#000000",
    "relevance": "#0072B2",
    "activation": "#CC79A7",
    "blob": "#E69F00",
    "patches": "#009E73",
}
"""Of Okabe and Ito (2008), made for colour-blind readers."""
MARKERS = {"whole": "o", "relevance": "s", "activation": "^", "blob": "v", "patches": "x"}


class Arm(NamedTuple):
    """What the students are trained on: `source` says what masks the faces, and is `whole` if nothing does."""

    source: str
    mode: str

    def __str__(self) -> str:
        return self.source if self.source == "whole" else f"{self.source} {self.mode}"


WHOLE = Arm("whole", "")
_MEAN = [Arm(source, "mean") for source in SOURCES]
_OTHER = [Arm(source, mode) for mode in ("negative", "positive") for source in SOURCES if source != "activation"]
ARMS = {1000: [WHOLE, *_MEAN], 4000: [WHOLE, *_MEAN, *_OTHER], 0: [WHOLE, *_MEAN]}
"""What is compared, by the number of faces."""


class Run(NamedTuple):
    faces: int
    arm: Arm
    seed: int

    def __str__(self) -> str:
        return f"{self.faces or 'all'} faces, {self.arm}, seed {self.seed}"


class Split(NamedTuple):
    """Faces as the students see them.

    Attributes:
        images: (N, SIZE, SIZE) uint8.
        labels: (N, 8) float32.
        maps: (N, h, w) float32 for each of `SOURCES` that is known.
    """

    images: np.ndarray
    labels: np.ndarray
    maps: dict[str, np.ndarray]

    def masked(self, arm: Arm, chosen: np.ndarray) -> np.ndarray:
        images = self.images[chosen]
        if arm == WHOLE:
            return images
        shape = (SIZE, SIZE)
        maps = (self.maps[arm.source][i] for i in chosen)
        pairs = zip(images, maps, strict=True)
        return np.stack([mask_image(image, soft_mask(one, shape, SHARE), arm.mode) for image, one in pairs])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faces", type=Path)
    parser.add_argument("london", type=Path)
    parser.add_argument("--teacher", default="open")
    parser.add_argument("--results", type=Path, default=Path("relevance_masking.json"))
    parser.add_argument("--sources", nargs="*", default=SOURCES, choices=SOURCES)
    parser.add_argument("--sizes", nargs="*", type=int, default=list(EPOCHS), choices=list(EPOCHS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--figures", type=Path)
    arguments = parser.parse_args()
    results = json.loads(arguments.results.read_text(encoding="utf-8")) if arguments.results.exists() else {}
    if arguments.figures:
        tables(results)
        figures(results, arguments.figures)
        return
    train, test = (in_random_order(load_faces(arguments.faces, name)) for name in ("train", "test"))
    train = split(train, arguments.teacher, arguments.sources)
    test = split(test, arguments.teacher, arguments.sources, MASKED_TEST)
    london = split(load_faces(arguments.london, find_faces=True), arguments.teacher)
    student = Student(arguments.threads)
    for run in runs():
        is_asked = run.faces in arguments.sizes and run.arm.source in ("whole", *arguments.sources)
        if str(run) in results or not is_asked:
            continue
        results[str(run)] = result = one_run(student, run, train, test, london)
        with atomic_write(arguments.results) as temporary:
            temporary.write_text(json.dumps(results), encoding="utf-8")
        last = result["test"][-1], result["test_masked"], result["london"][-1]
        print(run, *(f"{value:.3f}" for value in last), f"{result['seconds']:.0f} s", flush=True)


def runs() -> Iterator[Run]:
    every = [Run(faces, arm, seed) for faces in EPOCHS for seed in SEEDS for arm in ARMS[faces]]
    yield from sorted(every, key=lambda run: run.arm.mode in ("negative", "positive"))


def in_random_order(faces: LabelledFaces) -> LabelledFaces:
    return faces.take(np.random.default_rng(2020).permutation(len(faces)))


def split(faces: LabelledFaces, teacher: str, sources: Sequence[str] = (), first: int | None = None) -> Split:
    """The faces for the students, and the maps of the `first` faces, or of all."""
    if np.isnan(faces.boxes).all():
        images = [faces.network_input(i, SIZE, CROP_SCALE, grey=True)[..., 0] for i in range(len(faces))]
    else:  # these faces are much larger than the students' input, and `crop` shrinks without a filter
        large = (faces.network_input(i, 4 * SIZE, CROP_SCALE, grey=True)[..., 0] for i in range(len(faces)))
        images = [cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_AREA) for image in large]
    with_maps = faces.take(np.arange(len(faces))[:first])
    maps = {source: maps_of(source, with_maps, teacher) for source in sources}
    return Split(np.stack(images), faces.probabilities, maps)


def maps_of(source: str, faces: LabelledFaces, teacher: str) -> np.ndarray:
    if source in ("relevance", "activation"):
        from rbdm.network.weights import find_weights
        from rbdm.training.masking.relevance import maps_of_teacher

        return maps_of_teacher(faces, find_weights(teacher), source)
    if source == "patches":
        patches = np.random.default_rng(0).random((len(faces), PATCHES, PATCHES), np.float32)
        return patches.repeat(8, axis=1).repeat(8, axis=2)
    place = np.linspace(-1, 1, SIZE, dtype=np.float32)
    return np.broadcast_to(-np.hypot(place[:, None], place), (len(faces), SIZE, SIZE))


class Student:
    """A small convolutional network. It is compiled once, and started anew for each run."""

    def __init__(self, threads: int) -> None:
        import keras
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        self._model = self._build()
        self._optimizer = keras.optimizers.AdamW(LEARNING_RATE, weight_decay=0.01)
        self._model.compile(self._optimizer, keras.losses.CategoricalCrossentropy(from_logits=True))

    def start(self, seed: int) -> None:
        import keras

        keras.utils.set_random_seed(seed)
        self._model.set_weights(self._build().get_weights())
        if self._optimizer.built:
            for variable in self._optimizer.variables:
                variable.assign(np.zeros(variable.shape, variable.dtype))

    def learn(self, images: np.ndarray, labels: np.ndarray, learning_rate: float) -> None:
        self._optimizer.learning_rate.assign(learning_rate)
        self._model.fit(images, labels, batch_size=BATCH, shuffle=False, verbose=0)

    def accuracy(self, images: np.ndarray, labels: np.ndarray) -> float:
        logits = self._model.predict(images[..., None], batch_size=512, verbose=0)
        return float((logits.argmax(axis=1) == labels.argmax(axis=1)).mean())

    def _build(self) -> Any:
        import keras
        from keras import layers

        values = image = keras.Input((SIZE, SIZE, 1))
        values = layers.Rescaling(1 / 127.5, -1)(values)
        for width in WIDTHS:
            values = layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False)(values)
            values = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(values))
        return keras.Model(image, layers.Dense(8)(layers.GlobalAveragePooling2D()(values)))


def one_run(student: Student, run: Run, train: Split, test: Split, london: Split) -> dict[str, Any]:
    """The accuracy after each epoch. All arms have the same start, the same faces, and the same order of faces."""
    started = time.process_time()
    rng = np.random.default_rng(run.seed)
    chosen = rng.permutation(len(train.images))[: run.faces or None]
    images, labels = train.masked(run.arm, chosen), train.labels[chosen]
    student.start(run.seed)
    on_test, on_london = [], []
    every, epochs = MEASURED_EVERY[run.faces], EPOCHS[run.faces]
    for epoch in range(0, epochs, every):
        order = np.concatenate([rng.permutation(len(chosen)) for _ in range(every)])
        rate = LEARNING_RATE * (1 + np.cos(np.pi * epoch / epochs)) / 2
        student.learn(varied(images[order], rng)[..., None], labels[order], rate)
        on_test.append(student.accuracy(test.images, test.labels))
        on_london.append(student.accuracy(london.images, london.labels))
    first = np.arange(MASKED_TEST)
    return {
        "faces": run.faces,
        "arm": str(run.arm),
        "seed": run.seed,
        "test": on_test,
        "london": on_london,
        "test_masked": student.accuracy(test.masked(run.arm, first), test.labels[first]),
        "seconds": time.process_time() - started,
    }


def varied(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each image mirrored or not, and shifted by up to 3 pixels; its edges are reflected."""
    flips, shifts = rng.random(len(images)) < 0.5, rng.integers(0, 7, (len(images), 2))
    padded = np.pad(np.where(flips[:, None, None], images[:, :, ::-1], images), ((0, 0), (3, 3), (3, 3)), "reflect")
    result = np.empty_like(images)
    for y, x in np.ndindex(7, 7):
        here = (shifts == (y, x)).all(axis=1)
        result[here] = padded[here, y : y + SIZE, x : x + SIZE]
    return result


def tables(results: dict[str, Any]) -> None:
    """A table for each number of faces: mean and standard deviation over the seeds, in percent."""
    for faces in EPOCHS:
        early, last = MEASURED_EVERY[faces], EPOCHS[faces]
        print(f"\n{faces or 'All'} faces, {last} epochs\n")
        head = ["trained on", f"FER+, epoch {early}", f"FER+, epoch {last}", "difference from whole faces", "London"]
        print("|", " | ".join([*head, f"{MASKED_TEST} of FER+, masked alike"]), "|\n|" + "---|" * (len(head) + 1))
        whole = {one["seed"]: one["test"][-1] for one in of_arm(results, faces, WHOLE)}
        for arm in ARMS[faces]:
            found = of_arm(results, faces, arm)
            if not found:
                continue
            ends = [one["test"][-1] for one in found]
            gains = [one["test"][-1] - whole[one["seed"]] for one in found if one["seed"] in whole]
            cells = [
                str(arm) if len(found) == len(SEEDS) else f"{arm} ({len(found)} seeds)",
                spread([one["test"][0] for one in found]),
                spread(ends),
                "" if arm == WHOLE else spread(gains, "+"),
                spread([one["london"][-1] for one in found]),
                spread([one["test_masked"] for one in found]),
            ]
            print("|", " | ".join(cells), "|")


def of_arm(results: dict[str, Any], faces: int, arm: Arm) -> list[dict[str, Any]]:
    keys = (str(Run(faces, arm, seed)) for seed in SEEDS)
    return [results[key] for key in keys if key in results]


def spread(values: list[float], sign: str = "") -> str:
    deviation = f"{100 * np.std(values, ddof=1):.1f}" if len(values) > 1 else "–"
    return f"{100 * np.mean(values):{sign}.1f} ± {deviation}"


def figures(results: dict[str, Any], folder: Path) -> None:
    """`relevance-masking.svg`: accuracy over the epochs; bands are one standard deviation over the seeds wide."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "rbdm", "font.size": 9})
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, len(EPOCHS), figsize=(9, 5.5), sharey="row", layout="constrained")
    for column, faces in enumerate(EPOCHS):
        for row, (name, title) in enumerate((("test", "FER+ test"), ("london", "London"))):
            axis = axes[row, column]
            for arm in ARMS[faces]:
                found = [one[name] for one in of_arm(results, faces, arm)]
                if not found or arm.mode not in ("", "mean"):
                    continue
                curves, colour = 100 * np.array(found), COLOURS[arm.source]
                epochs = MEASURED_EVERY[faces] * np.arange(1, curves.shape[1] + 1)
                mark, label = MARKERS[arm.source], str(arm)
                axis.plot(epochs, curves.mean(axis=0), colour, label=label, marker=mark, markersize=4)
                if len(found) > 1:
                    low, high = curves.mean(axis=0) + np.outer((-1, 1), curves.std(axis=0, ddof=1))
                    axis.fill_between(epochs, low, high, color=colour, alpha=0.15, linewidth=0)
            axis.set_title(f"{title}, {faces or 'all'} faces")
            axis.set_xlabel("epoch")
            axis.set_xticks(MEASURED_EVERY[faces] * np.arange(1, EPOCHS[faces] // MEASURED_EVERY[faces] + 1))
    for row in range(2):
        axes[row, 0].set_ylabel("accuracy in %")
    curves_by_label = {line.get_label(): line for axis in axes.flat for line in axis.get_lines()}
    figure.legend(curves_by_label.values(), curves_by_label.keys(), loc="outside lower center", ncols=5)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "relevance-masking.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
