"""Measures how exact roll and yaw are, and what the network makes of turned, small and doubtful faces.

    python benchmarks/quality.py turned HEAD.glb SKIN.jpg PORTRAIT.jpg…
    python benchmarks/quality.py small ferplus.npz

`turned` needs `pip install pyvista`. HEAD and SKIN are a scan of a real head and its texture, such as *Infinite, 3D
Head Scan* by Lee Perry-Smith (CC BY 3.0; `LeePerrySmith.glb`, `Map-COL.jpg` in the examples of three.js). The scan is
seen from many sides. Each portrait, taken from the front, is laid over the shape of the scan and seen from these sides,
too. So the true yaw is known, but for the portraits, ears and hair are only roughly in the right place.

`small` scales the faces of FER+ down, and compares the results with their labels. It also detects these faces, and
compares the results with the confidence of the detector.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import numpy.typing as npt
import typer
from rich.console import Console
from rich.table import Table

from rbdm.annotator import Annotator
from rbdm.faces.detector import Detector
from rbdm.faces.pose import head_pose
from rbdm.media.video import Video
from rbdm.options import Options
from rbdm.training.dataset import load_faces

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating]

YAWS = tuple(range(-60, 61, 15))
PITCHES = (-15, 0, 15)
ROLLS = (-60, -45, -30, -15, 0, 15, 30, 45, 60)
CLEAR = 0.7
SIZE = 480
SHARES = (0.4, 0.2, 0.1)
"""Width of the face's box as a fraction of the picture's width. The network sees the views of the first one."""
GREY = (110, 120, 130)
MESH = 200
"""Points per side of the mesh of a portrait."""
BACK = 0.5
"""Depth of what is behind a face, as a fraction of the scan's depth: about that of the ears."""
WIDTHS = (56, 47, 40, 35, 31, 26, 21, 16, 12)
CONFIDENCES = (0.1, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 1.0)
FERPLUS_FACES = 1500

app = typer.Typer(help=__doc__, add_completion=False)
console = Console()


class Picture:
    """A frame that only the detector sees."""

    def __init__(self, image: Image) -> None:
        self.image, self.height, self.width = image, *image.shape[:2]

    def scaled(self, longest: int) -> Image:
        factor = longest / max(self.width, self.height)
        interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(self.image, None, fx=factor, fy=factor, interpolation=interpolation), np.uint8)


class Scene:
    """A textured mesh, seen by a camera far away."""

    def __init__(self, mesh: Any, skin: Image, centre: tuple[float, float, float], height: float) -> None:
        import pyvista

        self._plotter = pyvista.Plotter(off_screen=True, window_size=(SIZE, SIZE), lighting="none")
        self._plotter.set_background(GREY)
        self._plotter.add_mesh(mesh, texture=pyvista.numpy_to_texture(skin), lighting=False)
        self._centre, self._height, self._distance = np.array(centre), height, 10 * height

    def view(self, yaw: float, pitch: float = 0, share: float = 1) -> Image:
        """(SIZE, SIZE, 3): the face turned by `yaw` degrees to its own left, seen from `pitch` degrees above.

        The height of the scene takes this share of the picture's height.
        """
        side, above = np.radians([-yaw, pitch])
        way = np.array([np.sin(side) * np.cos(above), np.sin(above), np.cos(side) * np.cos(above)])
        camera = self._plotter.camera
        camera.position, camera.focal_point, camera.up = self._centre + self._distance * way, self._centre, (0, 1, 0)
        camera.view_angle = np.degrees(2 * np.arctan(self._height / share / self._distance / 2))
        self._plotter.reset_camera_clipping_range()
        self._plotter.render()
        return np.array(self._plotter.screenshot(return_img=True)[:, :, :3])

    def depth(self, scale: float) -> tuple[Image, Floats]:
        """The picture from the front without perspective, `scale` pixels per unit, and the depth of each pixel."""
        self._plotter.enable_parallel_projection()
        self._plotter.camera.parallel_scale = SIZE / 2 / scale
        image = self.view(0)
        depth = self._plotter.get_image_depth()
        self._plotter.disable_parallel_projection()
        return image, depth + self._distance + self._centre[2]

    def close(self) -> None:
        self._plotter.close()


class Head:
    """The shape of a scan, for portraits.

    Args:
        scan: the mesh of a head that looks along the third axis; the second axis points up.
        skin: its texture.
        detector: finds the key points by which portraits are laid over the scan.
    """

    def __init__(self, scan: Any, skin: Image, detector: Detector) -> None:
        self._detector = detector
        left, right, bottom, top, _, front = scan.bounds
        centre = ((left + right) / 2, (bottom + top) / 2, 0.0)
        whole = Scene(scan, skin, centre, top - bottom)
        self._scale = SIZE / (top - bottom)
        image, depth = whole.depth(self._scale)
        whole.close()
        self._depth = np.maximum(np.nan_to_num(depth, nan=-np.inf), front * -BACK).astype(np.float32)
        row = detector.detect(Picture(image))[0]  # type: ignore[arg-type]
        self._points = _points(row, image)
        y, x = self._points[2]
        nose = ((x - SIZE / 2) / self._scale + centre[0], (SIZE / 2 - y) / self._scale + centre[1], 0.0)
        self.scan = Scene(scan, skin, nose, float(row[2] - row[0]) * SIZE / self._scale)

    def scene(self, portrait: Image) -> Scene:
        """A portrait as a mesh of the scan's shape."""
        import pyvista

        row = self._detector.detect(Picture(portrait))[0]  # type: ignore[arg-type]
        points, (height, width) = _points(row, portrait), portrait.shape[:2]
        ours, scans = _extent(points), _extent(self._points)
        scale = scans[1] / ours[1]
        x, y = np.meshgrid(np.linspace(0, width - 1, MESH), np.linspace(0, height - 1, MESH))
        place = [
            (grid - middle) * factor + other
            for grid, middle, factor, other in zip((y, x), ours[0], scale, scans[0], strict=True)
        ]
        depth = cv2.remap(
            self._depth, *(np.float32(grid) for grid in place[::-1]), cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE
        )
        mesh = pyvista.StructuredGrid(x, -y, cv2.GaussianBlur(depth, (0, 0), 1) * self._scale / scale[1])
        surface = mesh.extract_surface(algorithm=None)
        surface.active_texture_coordinates = surface.points[:, :2] / (width - 1, height - 1) + (0, 1)
        nose = (points[2, 1], -points[2, 0], 0.0)
        return Scene(surface, portrait, nose, float(row[2] - row[0]) * height)


def _points(row: Floats, image: Image) -> Floats:
    """(6, 2): y and x of the key points in pixels."""
    return row[5:].reshape(6, 2) * image.shape[:2]


def _extent(points: Floats) -> tuple[Floats, Floats]:
    """The middle between the eyes; and the height from there to the mouth, and the mean width of eyes and ears."""
    right_eye, left_eye, _, mouth, right_ear, left_ear = points
    middle = (right_eye + left_eye) / 2
    wide = np.mean([left_eye[1] - right_eye[1], left_ear[1] - right_ear[1]])
    return middle, np.array([mouth[0] - middle[0], wide])


def poses_of(image: Image, detector: Detector) -> tuple[Floats, float, float] | None:
    """The row of the most confident face, its roll and its yaw; None if there is no face."""
    rows = detector.detect(Picture(image))[:1]  # type: ignore[arg-type]
    if not len(rows):
        return None
    pose = head_pose(rows, np.array([image.shape[1::-1]], np.int32))
    assert pose is not None
    return rows[0], float(pose[0, 0]), float(pose[0, 1])


def views(scene: Scene, pitches: tuple[int, ...]) -> Iterator[tuple[int, float, Image]]:
    """Yields true yaw, share and picture."""
    for yaw in YAWS:
        for share in SHARES:
            for pitch in pitches:
                yield yaw, share, scene.view(yaw, pitch, share)


def show_poses(title: str, found: list[tuple[int, float, float, float, float]]) -> None:
    """Print the errors, from true yaw, share, roll, yaw, and confidence."""
    columns = "mean error", "SD", "mean |error|", "95 % below", "SD of roll", "confidence"
    table = Table("true yaw", "faces", *columns, title=title)
    values = np.array(found)
    for label, chosen in (
        *((f"{yaw:+}°", values[:, 0] == yaw) for yaw in YAWS),
        *((f"box {share:.0%} of the width", values[:, 1] == share) for share in SHARES),
        ("up to 30°", np.abs(values[:, 0]) <= 30),
        ("all", np.isfinite(values[:, 0])),
    ):
        true, _, roll, yaw, confidence = values[chosen].T
        error, distance = yaw - true, np.abs(yaw - true)
        figures = error.mean(), error.std(), distance.mean(), np.quantile(distance, 0.95), roll.std()
        table.add_row(label, str(len(true)), *(f"{figure:.1f}" for figure in figures), f"{np.median(confidence):.2f}")
    console.print(table)


Answer = tuple[Floats, float]
"""The probabilities and the valence of a face; NaN without a face."""


def show_network(name: str, answers: dict[int, list[Answer]]) -> None:
    """Print how the results of the network for the same portraits change with an angle."""
    table = Table(f"true {name}", "clear at 0°", "same class", "median |Δvalence|", "95 % below")
    clear = [probabilities.max() > CLEAR for probabilities, _ in answers[0]]
    for angle, turned in answers.items():
        pairs = list(zip(turned, answers[0], strict=True))
        same = [
            not np.isnan(one[0]).any() and one[0].argmax() == straight[0].argmax()
            for (one, straight), is_clear in zip(pairs, clear, strict=True)
            if is_clear
        ]
        moved = np.nanquantile([abs(one[1] - straight[1]) for one, straight in pairs], [0.5, 0.95])
        table.add_row(f"{angle:+}°", str(len(same)), f"{np.mean(same):.1%}", *(f"{value:.3f}" for value in moved))
    console.print(table)


@app.command()
def turned(
    head: Annotated[Path, typer.Argument(help="The scan of a head (.glb).")],
    skin: Annotated[Path, typer.Argument(help="Its texture.")],
    portraits: Annotated[list[Path], typer.Argument(help="Portraits from the front.")],
    pictures: Annotated[Path | None, typer.Option(help="Folder for the views of the first portrait.")] = None,
) -> None:
    """Measure the error of roll and yaw, and how the results of the network change when a face turns."""
    import pyvista

    detector, annotator = Detector(), Annotator(Options(weights="open", device="cpu"))
    scan = pyvista.read(head).combine().extract_surface(algorithm=None)
    model = Head(scan, _read(skin), detector)
    seen = [(yaw, share, poses_of(image, detector)) for yaw, share, image in views(model.scan, PITCHES)]
    show_poses("the scan", [(yaw, share, *pose[1:], pose[0][4]) for yaw, share, pose in seen if pose])
    found: list[tuple[int, float, float, float, float]] = []
    by_yaw: dict[int, list[Answer]] = {yaw: [] for yaw in YAWS}
    by_roll: dict[int, list[Answer]] = {roll: [] for roll in ROLLS}
    errors: dict[int, list[float]] = {roll: [] for roll in ROLLS}
    for path in portraits:
        portrait = _read(path)
        scene = model.scene(portrait)
        for yaw, share, image in views(scene, (0,)):
            pose, is_large = poses_of(image, detector), share == SHARES[0]
            found += [(yaw, share, *pose[1:], pose[0][4])] if pose else []
            if is_large:
                by_yaw[yaw].append(_answer(annotator, image, pose))
            if is_large and pictures is not None and path == portraits[0]:
                cv2.imwrite(str(pictures / f"{yaw:+}.png"), image[:, :, ::-1])
        scene.close()
        straight = poses_of(portrait, detector)
        for roll in ROLLS:
            pose = poses_of(image := _rolled(portrait, roll), detector)
            by_roll[roll].append(_answer(annotator, image, pose))
            errors[roll] += [pose[1] - straight[1] - roll] if pose and straight else []
    show_poses(f"{len(portraits)} portraits", found)
    mean_errors = ", ".join(f"{np.abs(error).mean():.1f}° at {roll:+}°" for roll, error in errors.items() if roll)
    console.print(f"portraits turned in the picture: mean absolute error of roll: {mean_errors}")
    show_network("yaw", by_yaw)
    show_network("roll", by_roll)


def _answer(annotator: Annotator, image: Image, pose: tuple[Floats, float, float] | None) -> Answer:
    if pose is None:
        return np.full(8, np.nan), np.nan
    scores = annotator.predict([image], pose[0][None, :5].astype(np.float32))
    return scores.probabilities[0], float(scores.valence[0])


def _rolled(portrait: Image, roll: float) -> Image:
    """A portrait, turned clockwise in the picture by `roll` degrees."""
    height, width = portrait.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -roll, 1)
    return np.asarray(cv2.warpAffine(portrait, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _read(path: Path) -> Image:
    with Video(path) as picture:
        return next(iter(picture)).rgb()


@app.command()
def small(ferplus: Annotated[Path, typer.Argument(help="The archive of FER+.")]) -> None:
    """Measure how accurate the network is for faces of several sizes and confidences."""
    annotator, detector = Annotator(Options(weights="open", device="cpu")), Detector(CONFIDENCES[0])
    faces = load_faces(ferplus, "test")
    chosen = np.random.default_rng(0).permutation(len(faces))[:FERPLUS_FACES]
    labels = faces.probabilities[chosen].argmax(axis=1)
    crops = [np.repeat(np.asarray(faces.images[i])[:, :, None], 3, axis=2) for i in chosen]
    table = Table("box", "correct", "same class as unscaled", title=f"{len(chosen)} faces")
    unscaled = None
    for width in WIDTHS:
        classes = np.array([_class_of(annotator, crop, width) for crop in crops])
        unscaled = classes if unscaled is None else unscaled
        table.add_row(f"{width} pixels", f"{(classes == labels).mean():.1%}", f"{(classes == unscaled).mean():.1%}")
    console.print(table)
    confidence, right = np.array([_detected(annotator, detector, *face) for face in zip(crops, labels, strict=True)]).T
    table = Table("confidence", "faces", "correct")
    for low, high in pairwise(CONFIDENCES):
        those = (confidence >= low) & (confidence < high)
        table.add_row(f"{low} to {high}", str(those.sum()), f"{right[those].mean():.1%}")
    console.print(table)


def _class_of(annotator: Annotator, crop: Image, width: int) -> int:
    """The class of a picture that is the network's crop, scaled as if the box of the face had this width."""
    scale = annotator.weights.entry.crop_scale
    side = round(width * scale)
    image = np.asarray(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    margin = (1 / scale - 1) / 2
    box = np.array([[-margin, -margin, 1 + margin, 1 + margin]], np.float32)
    return int(annotator.predict([image], box).probabilities[0].argmax())


def _detected(annotator: Annotator, detector: Detector, crop: Image, label: int) -> tuple[float, bool]:
    """The confidence of the face that is found in a crop with a margin, and whether its class is right."""
    edge = crop.shape[0] // 2
    wide = cv2.copyMakeBorder(crop, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    rows = detector.detect(Picture(np.asarray(wide, np.uint8)))[:1]  # type: ignore[arg-type]
    if not len(rows):
        return 0.0, False
    box = np.column_stack([rows[:, :4], [1.0]]).astype(np.float32)
    return float(rows[0, 4]), int(annotator.predict([wide], box).probabilities[0].argmax()) == label


if __name__ == "__main__":
    app()
