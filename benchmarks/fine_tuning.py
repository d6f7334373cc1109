"""Tunes weights on a made-up study, and measures them on people who are not in it.

    python -m benchmarks.fine_tuning FACES LONDON [--work FOLDER] [--people 40] [--tune heads]

FACES is a folder with `WolfgangLanger_Pexels.mp4` and `single_face.mp4` and their box streams. LONDON has the images of
the Face Research Lab London Set (DeBruine and Jones 2017, doi 10.6084/m9.figshare.5047666) with the table `labels.csv`
of benchmarks/london.py.

The study consists of sessions as NOVA keeps them: a folder with videos of two people, guest and host. Each person is
moved, turned and lit differently from frame to frame, and fades from the neutral picture to the smile and back. Two
made-up people annotate the expressions; they react at different times, and the second one sees no smile in every fifth
person. The first one also rates valence, from 0 to 100. Both clips are sessions of their own. The other people of the
London set are the test: none of their pictures is in the study.
"""

import argparse
import csv
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from benchmarks.london import figures, predicted, share
from rbdm.client.demo_pictures import Picture, write_video
from rbdm.media.video import Video
from rbdm.ssi import (
    CONTINUOUS_DTYPE,
    DISCRETE_DTYPE,
    Annotation,
    ContinuousScheme,
    DiscreteScheme,
    SchemeClass,
    read_annotation,
    read_stream,
    write_annotation,
    write_stream,
)
from rbdm.training.dataset import load_faces

RATE = 25
SIZE = 320
SCRIPT = ((0.0, "Neutral"), (4.0, "Happy"), (8.0, "Neutral"), (10.0, "Happy"), (12.0, ""))
"""When a person begins to show what."""
FADE = 0.3
CLASSES = ("Neutral", "Happiness", "Sadness", "Surprise", "Fear", "Disgust", "Anger", "Contempt")
NAMES = {"Happy": "Happiness", "Sad": "Sadness"}
VALENCE = {"Neutral": 50.0, "Happy": 80.0, "Sad": 20.0}
VALENCE_RATE = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", type=Path)
    parser.add_argument("london", type=Path)
    parser.add_argument("--work", type=Path, help="keep the study and the weights in this folder")
    parser.add_argument("--people", type=int, default=40, help="how many people of the London set are in the study")
    parser.add_argument("--tune", default="heads")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = arguments.work or Path(temporary)
        study, out = work / "study", work / f"london-{arguments.tune}"
        test = work / "others.csv"
        if not study.exists():
            write_study(study, test, arguments.faces, arguments.london, arguments.people)
        started = time.monotonic()
        run("train", str(study), "--tune", arguments.tune, "--start", "open", "--out", str(out))
        seconds = time.monotonic() - started
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"\n{seconds:.0f} s by the clock, {used.ru_utime + used.ru_stime:.0f} s of processor time")
        print(f"{used.ru_maxrss / 1024:.0f} MB at most; the study lasts {duration(study):.0f} s\n")
        for weights in ("open", str(out)):
            show_test(test, weights)
        annotate(study / "single" / "guest.video.mp4", out, work / "results")


def duration(study: Path) -> float:
    """Seconds of video in the study."""
    total = 0.0
    for path in study.rglob("*.mp4"):
        with Video(path) as video:
            total += video.expected_frames / video.sample_rate
    return total


def run(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "rbdm", *arguments], check=True)


def write_study(study: Path, test: Path, faces: Path, london: Path, people: int) -> None:
    """The sessions in the folder `study`, and the table `test` with the people who are not in them."""
    with (london / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    rng = np.random.default_rng(0)
    names = rng.permutation(sorted({row["person"] for row in rows})).tolist()
    pictures = {(row["person"], row["expression"]): london / row["path"] for row in rows}
    for number, person in enumerate(names[:people]):
        session = study / f"session-{number // 2 + 1:02}"
        session.mkdir(parents=True, exist_ok=True)
        role = ("guest", "host")[number % 2]
        both = [picture(pictures[person, expression]) for expression in ("Neutral", "Happy")]
        write_video(session / f"{role}.video.mp4", moving(*both, rng), RATE)
        annotate_by_hand(session, role, SCRIPT, rng, sees_smiles=number % 5 > 0)
    clip(study / "pexels", faces / "WolfgangLanger_Pexels", ((0.0, "Sad"), (5.0, ""), (10.5, "Happy"), (19.5, "")), rng)
    clip(study / "single", faces / "single_face", ((0.0, "Neutral"), (0.6, "Happy"), (2.3, "")), rng)
    with test.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            if row["person"] not in names[:people]:
                writer.writerow(row | {"path": str((london / row["path"]).resolve())})


def picture(path: Path) -> Picture:
    image = cv2.imread(str(path))
    assert image is not None, path
    return cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_AREA).astype(np.uint8)


def moving(neutral: Picture, smile: Picture, rng: np.random.Generator) -> Iterator[Picture]:
    """The frames of a person who follows `SCRIPT`."""
    phases = rng.uniform(0, 2 * np.pi, 5)
    light, grain = rng.uniform(0.8, 1.15), rng.normal(0, 3, (2 * SIZE, 2 * SIZE, 3)).astype(np.float32)
    for number in range(int(SCRIPT[-1][0] * RATE)):
        now = number / RATE
        share = np.interp(now, *zip(*fades(), strict=True))
        face = cv2.addWeighted(smile, float(share), neutral, float(1 - share), 0)
        x, y, turn, size, bright = np.sin(now * np.array([0.7, 0.9, 0.5, 0.4, 0.3]) * 2 + phases)
        matrix = cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), 4 * turn, 1 + 0.06 * size)
        matrix[:, 2] += (8 * x, 6 * y)
        face = cv2.warpAffine(face, matrix, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE)
        left, top = rng.integers(0, SIZE, 2)
        noisy = face * np.float32(light + 0.05 * bright) + grain[top : top + SIZE, left : left + SIZE]
        yield np.clip(noisy, 0, 255).astype(np.uint8)


def fades() -> list[tuple[float, float]]:
    """How much of the smile is seen: pairs of a time and a share."""
    points = []
    for start, name in SCRIPT[:-1]:
        before, after = (0.0, 1.0) if name == "Happy" else (1.0, 0.0)
        points += [(start, before if start else after), (start + FADE, after)]
    return points


def annotate_by_hand(
    session: Path, role: str, script: tuple[tuple[float, str], ...], rng: np.random.Generator, sees_smiles: bool
) -> None:
    """What two people annotate who see what `script` says, each with reactions of their own."""
    scheme = DiscreteScheme("emotion", tuple(SchemeClass(number, name) for number, name in enumerate(CLASSES)))
    for annotator, delay in (("ann", 0.1), ("ben", 0.25)):
        changes = [time + (delay + rng.uniform(-0.1, 0.1) if time else 0) for time, _ in script[:-1]]
        rows = []
        for (start, end), (_, name) in zip(pairwise([*changes, script[-1][0]]), script, strict=False):
            seen = "Neutral" if name == "Happy" and annotator == "ben" and not sees_smiles else name
            if seen:
                rows.append((start, end, CLASSES.index(NAMES.get(seen, seen)), 1.0))
        data = np.array(rows, DISCRETE_DTYPE)
        write_annotation(session / f"{role}.emotion.{annotator}.annotation", Annotation(scheme, data, role, annotator))
    steps = np.arange(0, script[-1][0], 1 / VALENCE_RATE)
    shown = [next(name for start, name in reversed(script) if start <= step) for step in steps]
    score = [VALENCE.get(name, 50.0) + rng.normal(0, 4) for name in shown]
    known = [float(name in VALENCE) for name in shown]
    data = np.array(list(zip(np.clip(score, 0, 100), known, strict=True)), CONTINUOUS_DTYPE)
    range_of = ContinuousScheme("valence", VALENCE_RATE, 0.0, 100.0)
    write_annotation(session / f"{role}.valence.ann.annotation", Annotation(range_of, data, role, "ann"))


def clip(session: Path, name: Path, script: tuple[tuple[float, str], ...], rng: np.random.Generator) -> None:
    """A session with one of the clips and its box stream."""
    session.mkdir(parents=True)
    (session / "guest.video.mp4").write_bytes(name.with_suffix(".mp4").read_bytes())
    write_stream(session / "guest.face_bounding_box.stream", read_stream(name.with_suffix(".stream")))
    annotate_by_hand(session, "guest", script, rng, sees_smiles=True)


def show_test(labels: Path, weights: str) -> None:
    """The recognised neutral faces and smiles of the people who are not in the study."""
    faces = load_faces(labels, find_faces=True)
    classes, valence = predicted(faces, weights)
    found = figures(faces, classes, valence)
    print(
        f"{Path(weights).name} on {found['people']} other people: neutral {share(found['neutral'])}, smiles "
        f"{share(found['happy'])}, valence rises in {share(found['rises'])}, AUC {found['auc']:.2f}"
    )


def annotate(video: Path, weights: Path, out: Path) -> None:
    """Annotate a clip with the tuned weights, and print what the annotations say."""
    run("annotate", str(video), "--weights", str(weights), "--out", str(out), "--overwrite")
    found = read_annotation(out / "guest.video.expression.annotation")
    assert isinstance(found.scheme, DiscreteScheme)
    names = {item.id: item.name for item in found.scheme.classes}
    print(f"annotated with {found.meta['weights']} ({found.meta['weights_sha256'][:12]}…):")
    for row in found.data:
        print(f"  {row['from']:.2f} to {row['to']:.2f} s {names[int(row['id'])]} {row['conf']:.2f}")


if __name__ == "__main__":
    main()
