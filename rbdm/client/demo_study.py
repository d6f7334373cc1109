"""Makes a small study on the spot: videos of two people, annotations of a made-up human coder, a table of windows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.client.demo_pictures import Picture, read_picture, write_video
from rbdm.errors import OutputError

RATE = 25
"""Frames per second."""
SECONDS = 8.0
"""Duration of each video."""
PEOPLE = ("guest", "host")
"""The people in the videos, from left to right."""
_PANEL = 320, 360
"""Width and height of the half of the picture that each person has, in pixels."""
_CHANGE = 0.32
"""Seconds in which a face changes."""
_AWAY = "away"


@dataclass(frozen=True)
class _Person:
    """A person, made from a photograph.

    Attributes:
        package: the package that the photograph is part of.
        name: its file there.
        scale: pixels of the video for each pixel of the photograph.
        eyes: x and y of both eyes, in pixels of the photograph, left in the picture first.
        mouth: the same for the middle of the mouth.
        at_rest: the expression that the photograph shows.
    """

    package: str
    name: str
    scale: float
    eyes: tuple[tuple[float, float], tuple[float, float]]
    mouth: tuple[float, float]
    at_rest: str


# Photographs of Grace Hopper (US Navy) and Eileen Collins (NASA), both in the public domain.
_GUEST = _Person(
    "matplotlib", "mpl-data/sample_data/grace_hopper.jpg", 0.62, ((227, 195), (310, 190)), (274, 281), "Neutral"
)
_HOST = _Person("skimage", "data/astronaut.png", 1.15, ((203, 101), (248, 103)), (224, 149), "Happy")

_FACES = {"Neutral": (0.0, 0.0), "Happy": (0.22, 0.18), "Sad": (-0.15, -0.18)}
"""How far up the corners of the mouth and the brows of the guest move, as a multiple of the distance of the eyes.
Chosen so that the open weights see this expression."""

_Script = list[tuple[float, str]]
"""From which second on a person shows what."""


@dataclass(frozen=True)
class _Talk:
    """A video: its name, what both people do, and where the coder sees another expression than the script says."""

    name: str
    guest: _Script
    host: _Script
    differs: dict[int, str] = field(default_factory=dict)


_TALKS = (
    _Talk(
        "talk-1",
        [(0, "Neutral"), (2.2, "Happy"), (5.2, "Neutral"), (6.6, "Sad")],
        [(0, "Happy"), (5.4, _AWAY), (6.8, "Happy")],
    ),
    _Talk("talk-2", [(0, "Neutral"), (2.4, "Sad"), (5, "Happy")], [(0, "Happy")]),
    _Talk("talk-3", [(0, "Neutral"), (2, "Happy"), (4.4, "Sad"), (6.8, "Neutral")], [(0, "Happy")], {2: "Anger"}),
)
_WINDOWS = (("rest", 0.0, 2.0), ("question", 2.0, SECONDS))

_EMOTIONS = ("Neutral", "Happy", "Sad", "Surprise", "Anger")
"""The classes of the coder's scheme."""
_VALENCE = {"Neutral": 0.0, "Happy": 0.6, "Sad": -0.5, "Anger": -0.6}
_SAMPLE_RATE = 5
_REACTION = 0.5
"""Seconds after which the coder reacts while rating valence."""


def write_study(folder: Path) -> None:
    """Write the study.

    - `videos/talk-1.mp4`, … : two people side by side, `guest` on the left and `host` on the right.
    - `coder/talk-1/guest.emotion.ann.annotation` and so on: expressions and valence of both people, in the text that
      NOVA writes. They follow the script of the videos, with reactions that are too late and small errors.
    - `windows.csv`: the windows `rest` and `question` of each video.

    Args:
        folder: a new or empty folder.

    Raises:
        RbdmError: a package with a photograph is not installed.
        OutputError: the folder is not empty, or cannot be made.
    """
    pictures = [read_picture(person.package, person.name) for person in (_GUEST, _HOST)]
    try:
        if folder.exists() and any(folder.iterdir()):
            raise OutputError(f"{folder}: is not empty: name a new folder")
        (folder / "videos").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made: {error.strerror}") from None
    for talk in _TALKS:
        scripts = talk.guest, talk.host
        panels = [_panel(*each) for each in zip(pictures, (_GUEST, _HOST), scripts, strict=True)]
        frames = (np.hstack(both) for both in zip(*panels, strict=True))
        write_video(folder / "videos" / f"{talk.name}.mp4", frames, RATE)
        for person, script in zip(PEOPLE, scripts, strict=True):
            _code(folder / "coder" / talk.name, person, script, talk.differs if person == "guest" else {})
    lines = [f"{talk.name},{start:g},{end:g},{label}" for talk in _TALKS for label, start, end in _WINDOWS]
    (folder / "windows.csv").write_text("\n".join(["video,start,end,label", *lines, ""]), encoding="utf-8")


def _panel(picture: Picture, person: _Person, script: _Script) -> Iterator[Picture]:
    """The frames of one person."""
    fields = _fields(picture.shape[:2], person)
    face, warped = (0.0, 0.0), picture
    for index in range(round(SECONDS * RATE)):
        time = index / RATE
        wanted, away = _state(script, time, person.at_rest)
        if wanted != face:
            face, warped = wanted, _warped(picture, fields, wanted)
        yield _framed(warped, person, time, away)


def _state(script: _Script, time: float, at_rest: str) -> tuple[tuple[float, float], float]:
    """The moves of the face at a time, and how far the person has gone out of the picture, from 0 to 1."""
    moves, away = np.zeros(2), 0.0
    before = script[0][1]
    for start, name in script:
        part = float(np.clip((time - start) / _CHANGE, 0, 1)) if start else 1.0
        target = np.zeros(2) if name in (_AWAY, at_rest) else np.array(_FACES[name])
        moves += (target - moves) * part
        away += ((name == _AWAY) - (before == _AWAY)) * part
        before = name
    corners, brows = moves.round(6).tolist()
    return (corners, brows), away


def _fields(size: tuple[int, int], person: _Person) -> Sequence[npt.NDArray[np.float32]]:
    """How many pixels each pixel moves up if the corners of the mouth, or the brows, move by the eyes' distance."""
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    (left, right), (mouth_x, mouth_y) = person.eyes, person.mouth
    unit = right[0] - left[0]

    def bump(at_x: float, at_y: float, width: float) -> npt.NDArray[np.float32]:
        distance = (x - at_x) ** 2 + (y - at_y) ** 2
        return np.asarray(unit * np.exp(-distance / (2 * (width * unit) ** 2)), np.float32)

    corners = bump(mouth_x - 0.42 * unit, mouth_y, 0.2) + bump(mouth_x + 0.42 * unit, mouth_y, 0.2)
    brows = bump(left[0], left[1] - 0.3 * unit, 0.25) + bump(right[0], right[1] - 0.3 * unit, 0.25)
    return corners, brows


def _warped(picture: Picture, fields: Sequence[npt.NDArray[np.float32]], moves: tuple[float, float]) -> Picture:
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
    for up, move in zip(fields, moves, strict=True):
        y += np.float32(move) * up
    return cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.uint8, copy=False)


def _framed(picture: Picture, person: _Person, time: float, away: float) -> Picture:
    """The person's half of a frame: they sway a little, and leave downwards in front of a grey wall."""
    width, height = _PANEL
    eyes = np.mean(person.eyes, axis=0)
    x = width / 2 + 4 * np.sin(1.7 * time) - person.scale * eyes[0]
    y = 0.38 * height + 3 * np.sin(1.1 * time + 1) - person.scale * eyes[1]
    move = np.array([[person.scale, 0, x], [0, person.scale, y]])
    shown = cv2.warpAffine(picture, move, _PANEL, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    gone = round(away * height)
    wall = np.full((gone, width, 3), 150, np.uint8)
    return np.vstack([wall, shown[: height - gone]]).astype(np.uint8, copy=False)


def _code(folder: Path, person: str, script: _Script, differs: dict[int, str]) -> None:
    """Write what the coder says about a person."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([ord(letter) for letter in f"{folder.name} {person}"])
    late = [start + (rng.uniform(0.05, 0.35) if start else 0) for start, _ in script]
    ends = [*late[1:], SECONDS]
    names = [differs.get(index, name) for index, (_, name) in enumerate(script)]
    items = "".join(
        f'        <item name="{name}" id="{id}" color="#FF9E9E9E" />\n' for id, name in enumerate(_EMOTIONS)
    )
    _write_as_nova(
        folder / f"{person}.emotion.ann.annotation",
        person,
        f'    <scheme name="emotion" type="DISCRETE"  color="#FFFFFFFF">\n{items}    </scheme>\n',
        [
            f"{start:.2f};{end:.2f};{_EMOTIONS.index(name)};1;"
            for start, end, name in zip(late, ends, names, strict=True)
            if name != _AWAY
        ],
    )
    rows, felt = [], 0.0
    for time in np.arange(0, SECONDS, 1 / _SAMPLE_RATE):
        shown = [name for start, name in script if start <= max(0, time - _REACTION)][-1]
        felt += 0.5 * (_VALENCE.get(shown, 0.0) - felt)
        rows.append("0;0" if shown == _AWAY else f"{np.clip(felt + rng.normal(0, 0.05), -1, 1):.3f};1")
    _write_as_nova(
        folder / f"{person}.valence.ann.annotation",
        person,
        f'    <scheme name="valence" type="CONTINUOUS" sr="{_SAMPLE_RATE}" min="-1" max="1" mincolor="#FF0000FF" '
        'maxcolor="#FFFF0000" />\n',
        rows,
    )


def _write_as_nova(path: Path, role: str, scheme: str, rows: list[str]) -> None:
    """An annotation in NOVA's own words, which differ from ours in many details; `rbdm.ssi` reads both."""
    header = (
        f'<?xml version="1.0" ?>\n<annotation ssi-v="3">\n    <info ftype="ASCII" size="{len(rows)}" />\n'
        f'    <meta annotator="ann" role="{role}"/>\n{scheme}</annotation>\n'
    )
    path.write_text(header, encoding="utf-8", newline="\r\n")
    Path(f"{path}~").write_text("".join(f"{row}\n" for row in rows), encoding="utf-8", newline="\r\n")
