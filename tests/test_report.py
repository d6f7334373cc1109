"""The page about a video: true to the annotations at every zoom, harmless, self-contained, small."""

import base64
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbdm.errors import OutputError, RbdmError
from rbdm.export.report import require_report, write_report
from rbdm.export.report.facts import LAW, MUST_NOT, SHOWS, class_times
from rbdm.export.report.frame_choice import uncertain_frames
from rbdm.export.report.packing import pack
from rbdm.expressions import EXPRESSIONS
from rbdm.files.resources import BUNDLED
from rbdm.network.manifest import read_manifest
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.timeline.annotations import expression_segments
from rbdm.timeline.frames import SmoothedFrames, expression_probabilities, smoothed_frames
from tests.support.browser import Browser, started
from tests.support.paths import ROOT

NAMES = [expression.name for expression in EXPRESSIONS]
OPEN = read_manifest(BUNDLED / "manifest.json")["open"]


def made(count: int, *, rate: float = 30, face=None, seed: int = 0, video: str = "made.mp4", **options) -> Prediction:
    """A prediction with random values, which no compression makes small; `face` says which frames have one."""
    random = np.random.default_rng(seed)
    has_face = np.ones(count, bool) if face is None else np.asarray(face, bool)

    def where_face(values):
        return np.where(has_face.reshape(-1, *[1] * (values.ndim - 1)), values, np.nan).astype(np.float32)

    return Prediction(
        time=np.arange(count) / rate,
        probabilities=where_face(random.dirichlet(np.full(8, 0.7), count)),
        valence=where_face(random.uniform(-1, 1, count)),
        arousal=where_face(random.uniform(-1, 1, count)),
        face_confidence=np.where(has_face, random.uniform(0.5, 1, count), 0).astype(np.float32),
        duration=count / rate,
        sample_rate=rate,
        weights=OPEN.name,
        weights_sha256=OPEN.sha256,
        version="1.0.0",
        inferred=has_face,
        boxes=where_face(np.tile([0.2, 0.3, 0.6, 0.5], (count, 1))),
        width=640,
        height=360,
        video=Path(video),
        options=Options(weights="open", **options),
        weights_licence=OPEN.licence,
        affect_is_derived=OPEN.affect_is_derived,
    )


class Parsed(HTMLParser):
    """Elements with their attributes, and the text of the page, as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.elements and self.elements[-1][0] not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(prediction: Prediction, folder: Path) -> Parsed:
    write_report(prediction, folder / "page.html")
    return Parsed((folder / "page.html").read_text(encoding="utf-8"))


def unpacked(text: str, count: int, kinds: int) -> dict[str, np.ndarray]:
    """Reads what `pack` writes, as its documentation says."""
    planes = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8).reshape(-1, count).astype(np.int64)
    assert len(planes) == 4 + 1 + 1 + kinds + 4
    steps = sum(planes[byte] << 8 * byte for byte in range(4))
    wide = [planes[6 + kinds + 2 * i] + 256 * planes[7 + kinds + 2 * i] for i in range(2)]
    return {
        "time": np.cumsum(steps) * 1e-5,
        "state": planes[4],
        "confidence": planes[5] / 255,
        "probabilities": planes[6 : 6 + kinds].T / 255,
        "valence": wide[0] / 1000 - 1,
        "arousal": wide[1] / 1000 - 1,
    }


@settings(max_examples=40, deadline=None)
@given(face=st.lists(st.booleans(), min_size=1, max_size=40), five=st.booleans(), window=st.sampled_from([0, 150]))
def test_every_frame_is_in_the_page_as_the_annotations_have_it(face, five, window):
    kinds = 5 if five else 8
    prediction = made(len(face), face=face, num_expressions=kinds, smoothing_ms=window)
    found = unpacked(pack(smoothed_frames(prediction)), len(face), kinds)
    face = prediction.has_face
    np.testing.assert_allclose(found["time"], prediction.time, atol=0.6e-5)
    np.testing.assert_array_equal(found["state"] == 255, ~face)
    expected = expression_probabilities(prediction, prediction.options)
    np.testing.assert_allclose(found["probabilities"][face], expected[face], atol=0.51 / 255)
    segments = expression_segments(prediction, replace(prediction.options, merge_segments=False))
    np.testing.assert_array_equal(found["state"][face], segments["id"])
    np.testing.assert_allclose(found["confidence"][face], prediction.face_confidence[face], atol=0.51 / 255)
    if not window:
        np.testing.assert_allclose(found["valence"][face], prediction.valence[face], atol=0.51 / 1000)
        np.testing.assert_allclose(found["arousal"][face], prediction.arousal[face], atol=0.51 / 1000)


@pytest.mark.parametrize("rate", [30, 60])
def test_an_hour_stays_below_five_megabytes(tmp_path, rate):
    write_report(made(3600 * rate, rate=rate), tmp_path / "hour.html")
    assert (tmp_path / "hour.html").stat().st_size < 5_000_000


def test_pictures_of_noise_leave_an_hour_below_five_megabytes(tmp_path):
    """The worst that pictures can add: noise, which JPEG cannot make small."""
    noise = np.random.default_rng(0).integers(0, 256, (360, 640, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "noise.png"), noise)
    write_report(made(216_000, rate=60), tmp_path / "hour.html")
    write_report(replace(made(1), video=tmp_path / "noise.png"), tmp_path / "with.html")
    write_report(made(1), tmp_path / "without.html")
    both = (tmp_path / "with.html").stat().st_size - (tmp_path / "without.html").stat().st_size
    # One thumbnail (72²) and one large picture (144²), of 60 and 12; 1 % for the words about them.
    most = 1.01 * both * (60 / 5 + 12 * 4 / 5)
    assert (tmp_path / "hour.html").stat().st_size + most < 5_000_000


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>.mp4",
        "</title></style><img src=x onerror=alert(1)>.mp4",
        "\"quotes\" & 'apostrophes' &amp; {{ 7*7 }} {% raw %}.mp4",
        "Gespräch über 😀 — Ñandú.mp4",
    ],
)
def test_a_name_is_only_a_name(tmp_path, name):
    parsed = page_of(replace(made(3), video=Path("folder", name.replace("/", "∕"))), tmp_path)
    assert parsed.texts.count(name.replace("/", "∕")) == 1
    assert not [element for element in parsed.all("img") if "onerror" in element]
    assert len(parsed.all("script")) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no names that are no text")
def test_a_name_that_is_no_text_is_written_with_escapes(tmp_path):
    assert r"caf\udce9.mp4" in page_of(made(2, video="caf\udce9.mp4"), tmp_path).text


def test_the_limits_are_those_of_the_model_card(tmp_path):
    card = " ".join((ROOT / "MODEL_CARD.md").read_text(encoding="utf-8").split())
    text = page_of(made(2), tmp_path).text
    section = card[card.index("## What it must not be used for") : card.index("## What it is bad at")]
    assert section.count(" - ") == len(MUST_NOT)
    for sentence in (*MUST_NOT, LAW):
        assert sentence in section
        assert sentence in text
    assert SHOWS in card
    assert SHOWS in text


def test_facts_of_the_video_and_its_options(tmp_path):
    prediction = made(90, face=[True] * 60 + [False] * 30, smoothing_ms=120)
    prediction = replace(prediction, options=replace(prediction.options, face_confidence=0.7))
    text = page_of(prediction, tmp_path).text
    for fact in ("640 × 360 pixels", "3.00 s", "30 frames/s", "Frames 90", "60 (67 %)", OPEN.name, OPEN.sha256):
        assert fact in text
    assert "face_confidence 0.7" in text
    assert "smoothed over 120 ms" in text


def test_times_in_classes_are_those_of_the_annotations_segments():
    face = np.random.default_rng(1).random(400) > 0.2
    prediction = made(400, face=face, num_expressions=5, smoothing_ms=100)
    segments = expression_segments(prediction, prediction.options)
    times = class_times(prediction)
    assert [entry.name for entry in times] == NAMES[:5]
    for index, entry in enumerate(times):
        own = segments[segments["id"] == index]
        assert entry.segments == len(own)
        assert entry.seconds == pytest.approx((own["to"] - own["from"]).sum())
    assert sum(entry.share for entry in times) == pytest.approx(1)


def test_least_sure_frames_are_inferred_apart_and_most_doubtful_first():
    prediction = made(3000, seed=3)
    prediction = replace(prediction, inferred=np.arange(3000) % 2 == 0)
    series = smoothed_frames(prediction)
    chosen = uncertain_frames(series, 3, 12)
    assert len(chosen) == 12
    assert all(frame % 2 == 0 for frame in chosen)
    assert np.diff(np.sort(series.time[chosen])).min() >= 1
    assert (np.diff(series.certainty[chosen]) >= 0).all()
    assert series.certainty[chosen[0]] == series.certainty[::2].min()


def test_a_sure_network_has_few_doubts():
    sure = np.full((3000, 8), 0.001, np.float32)
    sure[:, 1] = 0.993
    assert len(uncertain_frames(smoothed_frames(replace(made(3000), probabilities=sure)), 3, 12)) == 3


@pytest.mark.parametrize(("entry", "licence"), [("open", "MIT"), ("official", "CC BY-NC-ND 4.0")])
def test_the_licence_of_the_weights_is_the_manifests(tmp_path, entry, licence):
    known = read_manifest(BUNDLED / "manifest.json")[entry]
    prediction = replace(made(2), weights=known.name, weights_licence=known.licence)
    assert f"Licence of the weights {licence} " in page_of(prediction, tmp_path).text


def test_weights_that_nobody_described_have_no_licence_here(tmp_path):
    prediction = replace(made(2), weights="mine", weights_licence="")
    assert "Licence of the weights unknown: ask whoever made them" in page_of(prediction, tmp_path).text


@pytest.mark.parametrize("count", [1, 2])
def test_a_video_without_a_face(tmp_path, count):
    text = page_of(made(count, face=[False] * count), tmp_path).text
    assert "No face was found" in text
    assert "Least sure" not in text


def test_a_large_picture(tmp_path):
    cv2.imwrite(str(tmp_path / "large.jpg"), np.full((3456, 4608, 3), 90, np.uint8))
    prediction = replace(made(1, rate=1), video=tmp_path / "large.jpg", width=4608, height=3456)
    parsed = page_of(prediction, tmp_path)
    assert next(picture["alt"] for picture in parsed.all("img")).startswith("Face at 0:00.00: ")
    assert len(parsed.all("img")) == 2


def test_without_the_video_the_page_says_that_it_has_no_pictures(tmp_path):
    parsed = page_of(made(30), tmp_path)
    assert not parsed.all("img")
    assert "could not be opened again" in parsed.text


def test_a_page_is_replaced_as_a_whole_or_not_at_all(tmp_path):
    with pytest.raises(OutputError, match=r"missing.*cannot be written"):
        write_report(made(2), tmp_path / "missing" / "a.html")
    (tmp_path / "a.html").mkdir()
    with pytest.raises(OutputError):
        write_report(made(2), tmp_path / "a.html")
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_without_bokeh_one_line_says_what_to_install():
    code = (
        "import sys; sys.modules['bokeh'] = None\n"
        "from rbdm.export.report import require_report\n"
        "from rbdm.errors import RbdmError\n"
        "try: require_report()\n"
        "except RbdmError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "a report needs Bokeh: pip install 'rbdm[report]'"
    assert require_report() is None
    assert issubclass(RbdmError, Exception)


def test_the_command_line_does_not_load_bokeh_to_look_for_it():
    code = "import sys, rbdm.export.report; rbdm.export.report.require_report(); print('bokeh' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# In a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as running:
        yield running


@pytest.fixture(scope="module")
def clip_page(annotator, face_clip, tmp_path_factory) -> tuple[Prediction, Path]:
    """The page of a real face."""
    prediction = annotator.annotate(*face_clip)
    path = tmp_path_factory.mktemp("report") / "clip.html"
    write_report(prediction, path)
    return prediction, path


def drawn_segments(opened) -> list[tuple[int, float, float]]:
    """Row, start and end of the expression timeline's rectangles, in order of time."""
    cells = opened.model("segments")
    rows = [int(top) for top in cells["top"]]
    return sorted(zip(rows, cells["left"], cells["right"], strict=True), key=lambda cell: cell[1])


def test_the_page_of_a_real_clip(browser, clip_page):
    prediction, path = clip_page
    with browser.open(path) as opened:
        assert opened.requests == [path.as_uri()]
        segments = expression_segments(prediction, prediction.options)
        drawn = [cell for cell in drawn_segments(opened) if cell[0] < 8]
        assert [row for row, _, _ in drawn] == segments["id"].tolist()
        np.testing.assert_allclose([left for _, left, _ in drawn], segments["from"], atol=1e-5)
        np.testing.assert_allclose([right for _, _, right in drawn], segments["to"], atol=1e-5)
        pictures = opened.page.locator("#strip img:not(.away)")
        assert pictures.count() >= 5
        assert "Face at 0:0" in pictures.first.get_attribute("alt")
        assert pictures.first.evaluate("image => image.complete && image.naturalWidth") == 72
        assert not opened.complaints


@pytest.mark.parametrize("plot", ["lanes", "values", "probabilities"])
def test_hover_tells_the_frame_under_the_mouse(browser, clip_page, plot):
    prediction, path = clip_page
    series = smoothed_frames(prediction)
    with browser.open(path) as opened:
        opened.page.locator(f"#{plot}").scroll_into_view_if_needed()
        left, top, width, height = opened.inside(plot)
        opened.page.mouse.move(left + 0.7 * width, top + height / 3)
        frame = int(np.searchsorted(series.time, 0.7 * series.end, side="right")) - 1
        tip = opened.page.locator("#tip")
        assert tip.is_visible()
        text = tip.inner_text()
        assert f"{series.time[frame]:06.3f}".lstrip("0") in text
        assert f"frame {frame + 1}" in text
        assert tip.locator(".tip-class").inner_text().startswith(NAMES[series.classes[frame]])
        assert f"{series.valence[frame]:+.2f}".replace("-", "−") in text
        opened.page.mouse.move(2, 2)
        assert not tip.is_visible()
        assert not opened.complaints


def test_dragging_zooms_all_plots_and_a_double_click_goes_back(browser, clip_page):
    prediction, path = clip_page
    with browser.open(path) as opened:
        left, top, width, height = opened.inside("values")
        opened.page.mouse.move(left + 0.25 * width, top + height / 2)
        opened.page.mouse.down()
        opened.page.mouse.move(left + 0.4 * width, top + height / 2, steps=4)
        opened.page.mouse.move(left + 0.5 * width, top + height / 2, steps=4)
        opened.page.mouse.up()
        opened.settle()
        end = prediction.duration
        for plot in ("lanes", "values", "probabilities"):
            shown = opened.page.evaluate("name => [rbdm.model(name).x_range.start, rbdm.model(name).x_range.end]", plot)
            np.testing.assert_allclose(shown, [0.25 * end, 0.5 * end], atol=2 * end / width)
        opened.page.mouse.dblclick(left + 0.5 * width, top + height / 2)
        opened.settle()
        assert opened.page.locator("#stretch").inner_text().startswith("Whole video")
        assert not opened.complaints


def test_the_wheel_scrolls_and_zooms_only_with_ctrl(browser, clip_page):
    prediction, path = clip_page
    with browser.open(path) as opened:
        left, top, width, height = opened.inside("values")
        opened.page.mouse.move(left + 0.5 * width, top + height / 2)
        opened.page.mouse.wheel(0, 200)
        opened.page.wait_for_function("window.scrollY > 100")
        assert opened.page.locator("#stretch").inner_text().startswith("Whole video")
        left, top, width, height = opened.inside("values")
        opened.page.mouse.move(left + 0.5 * width, top + height / 2)
        opened.page.keyboard.down("Control")
        opened.page.mouse.wheel(0, -200)
        opened.page.keyboard.up("Control")
        opened.page.wait_for_function("rbdm.model('time').end < rbdm.frames().start.at(-1)")
        start, end = opened.page.evaluate("[rbdm.model('time').start, rbdm.model('time').end]")
        assert 0 < start < prediction.duration / 2 < end < prediction.duration
        assert not opened.complaints


def hour() -> Prediction:
    """An hour at 60/s, Neutral but for one frame of Fear; a gap of a frame, one of a minute, and a peak of valence."""
    count = 216_000
    face = np.ones(count, bool)
    face[100_000] = False
    face[150_000:153_600] = False
    prediction = made(count, rate=60, face=face)
    probabilities = prediction.probabilities.copy()
    probabilities[face] = [0.9, *[0.1 / 7] * 7]
    probabilities[50_000] = [0, 0, 0, 0, 1, 0, 0, 0]
    valence = np.where(face, 0.1, np.nan).astype(np.float32)
    valence[70_000] = 0.987
    return replace(prediction, probabilities=probabilities, valence=valence, arousal=prediction.arousal / 2)


def test_far_away_no_segment_gap_or_extreme_is_lost_and_near_by_every_frame_is_shown(browser, tmp_path):
    prediction = hour()
    write_report(prediction, tmp_path / "hour.html")
    with browser.open(tmp_path / "hour.html") as opened:
        _, _, width, _ = opened.inside("lanes")
        pixel = prediction.duration / width
        cells = drawn_segments(opened)
        at = {row: [cell for cell in cells if cell[0] == row] for row in range(9)}
        (fear,) = at[4]
        assert fear[1] <= 50_000 / 60 <= fear[2]
        assert fear[2] - fear[1] == pytest.approx(pixel, rel=1e-3)
        assert not any(at[row] for row in (1, 2, 3, 5, 6, 7))
        gaps = opened.model("value gaps")
        assert any(a <= 100_000 / 60 < b for a, b in zip(gaps["left"], gaps["right"], strict=True))
        assert min(b - a for a, b in zip(gaps["left"], gaps["right"], strict=True)) >= 0.999 * pixel
        bands = opened.model("value bands")
        assert max(max(ys) for ys in bands["ys"]) == pytest.approx(0.987, abs=0.001)
        assert len(opened.model("value lines")["xs"]) < 20
        assert "in a pixel" in opened.page.locator("#detail").inner_text()

        start, end = 49_990 / 60, 50_010 / 60
        opened.show(start, end)
        assert "every one of them shown" in opened.page.locator("#detail").inner_text()
        near = [cell for cell in drawn_segments(opened) if start <= cell[1] and cell[2] <= end]
        assert (4, pytest.approx(50_000 / 60, abs=1e-4), pytest.approx(50_001 / 60, abs=1e-4)) in near
        lines = opened.model("value lines")
        middles = (np.arange(49_990, 50_010) + 0.5) / 60
        step = np.searchsorted(lines["xs"][0], middles) - 1
        drawn = np.array(lines["ys"][0])[step]
        np.testing.assert_allclose(drawn, prediction.arousal[49_990:50_010], atol=0.001)
        assert not opened.complaints


@pytest.mark.parametrize("merge", [True, False])
def test_near_by_every_frames_class_is_the_annotations(browser, tmp_path, merge):
    face = np.random.default_rng(5).random(20_000) > 0.1
    prediction = made(20_000, face=face, merge_segments=merge, num_expressions=5)
    write_report(prediction, tmp_path / "page.html")
    segments = expression_segments(prediction, prediction.options)
    with browser.open(tmp_path / "page.html") as opened:
        opened.show(300, 310)
        assert "every one of them shown" in opened.page.locator("#detail").inner_text()
        inside = (segments["from"] >= 300.5) & (segments["to"] <= 309.5)
        expected = segments[inside]
        drawn = [cell for cell in drawn_segments(opened) if cell[0] < 5 and cell[1] >= 300.499 and cell[2] <= 309.501]
        assert [row for row, _, _ in drawn] == expected["id"].tolist()
        np.testing.assert_allclose([left for _, left, _ in drawn], expected["from"], atol=1e-5)
        np.testing.assert_allclose([right for _, _, right in drawn], expected["to"], atol=1e-5)


@pytest.mark.parametrize("stretch", [(0, 600), (100, 400), (200, 220), (200, 202)])
def test_gaps_stay_gaps_at_every_zoom(browser, tmp_path, stretch):
    random = np.random.default_rng(6)
    face = np.repeat(random.random(600) > 0.3, 30)
    prediction = made(18_000, face=face)
    write_report(prediction, tmp_path / "page.html")
    with browser.open(tmp_path / "page.html") as opened:
        opened.show(*stretch)
        bounds = np.append(prediction.time, prediction.duration)
        ends = bounds[1:][~face]
        for plot in ("value lines", "areas"):
            for xs in opened.model(plot)["xs"]:
                crossed = (prediction.time[~face] > min(xs) + 1e-4) & (ends < max(xs) - 1e-4)
                assert not crossed.any()


def test_in_the_dark_the_page_is_dark_and_the_button_changes_that(browser, clip_page):
    _, path = clip_page
    for dark in (False, True):
        with browser.open(path, dark=dark) as opened:
            picture = opened.page.screenshot()
            pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
            assert (np.median(pixels) < 60) == dark
            left, top, width, _ = opened.inside("values")
            spot = pixels[int(top) + 10, int(left + width / 2) + 9]
            assert (spot < 80) == dark
            opened.page.click("#theme")
            opened.settle()
            turned = cv2.imdecode(np.frombuffer(opened.page.screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE)
            assert (np.median(turned) < 60) != dark
            assert not opened.complaints


def test_a_name_with_a_script_runs_nothing(browser, tmp_path):
    name = "<script>alert(1)</script><img src=x onerror=alert(2)>.mp4".replace("/", "∕")
    write_report(made(5, video=name), tmp_path / "page.html")
    with browser.open(tmp_path / "page.html") as opened:
        assert opened.page.locator("h1").inner_text() == name
        assert opened.page.title() == f"{name} · rbdm"
        assert opened.requests == [(tmp_path / "page.html").as_uri()]
        assert not opened.complaints


@pytest.mark.parametrize("width", [360, 1024])
def test_the_page_fits_the_screen(browser, clip_page, width):
    _, path = clip_page
    with browser.open(path, width=width) as opened:
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        assert not opened.complaints


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("face", [True, False])
def test_a_picture_or_two(browser, tmp_path, count, face):
    write_report(made(count, rate=1, face=[face] * count), tmp_path / "page.html")
    with browser.open(tmp_path / "page.html") as opened:
        rows = [row for row, _, _ in drawn_segments(opened)]
        assert rows == ([8] if not face else rows) and rows
        assert f"{count} frame" in opened.page.locator("#detail").inner_text()
        opened.page.click("[data-move=in]")
        opened.settle()
        assert not opened.complaints


def test_frames_that_are_filled_in_are_paler_and_have_no_dot(browser, tmp_path):
    inferred = np.arange(60) % 3 == 0
    one = np.zeros((60, 8), np.float32)
    one[:, 1] = 1
    prediction = replace(made(60, stride=3), inferred=inferred, probabilities=one)
    write_report(prediction, tmp_path / "page.html")
    with browser.open(tmp_path / "page.html") as opened:
        cells = opened.model("segments")
        assert len(set(cells["alpha"])) == 2
        assert len(opened.model("value dots")["x"]) == 2 * inferred.sum()
        assert "filled in" in opened.page.locator("main").inner_text()


def test_a_doubtful_frame_can_be_looked_at_in_the_plots(browser, clip_page):
    prediction, path = clip_page
    series: SmoothedFrames = smoothed_frames(prediction)
    (first, *_) = uncertain_frames(series, 3, 12)
    with browser.open(path) as opened:
        opened.page.locator("[data-go]").first.click()
        opened.settle()
        start, end = opened.page.evaluate("[rbdm.model('time').start, rbdm.model('time').end]")
        assert start <= series.time[first] <= end
