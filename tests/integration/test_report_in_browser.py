"""The page in a real browser: true to the annotations at every zoom, usable, harmless, self-contained."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import cv2
import numpy as np
import pytest

from rbdm.export.report import write_report
from rbdm.export.report.frame_choice import uncertain_frames
from rbdm.expressions import EXPRESSIONS
from rbdm.prediction import Prediction
from rbdm.timeline.annotations import expression_segments
from rbdm.timeline.frames import SmoothedFrames, smoothed_frames
from tests.support.browser import Browser, Opened, started
from tests.support.builders import random_prediction

# One process starts the browser, once.
pytestmark = pytest.mark.xdist_group("browser")

NAMES = [expression.name for expression in EXPRESSIONS]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as running:
        yield running


@pytest.fixture(scope="module")
def clip_page(annotator, face_clip, tmp_path_factory) -> tuple[Prediction, Path]:
    """The page of a real face."""
    prediction = annotator.annotate(*face_clip)
    path = tmp_path_factory.mktemp("report") / "clip.html"
    write_report([prediction], path)
    return prediction, path


@pytest.fixture(scope="module")
def page_with_gaps(tmp_path_factory) -> tuple[Prediction, Path]:
    """Ten minutes in which the face comes and goes from one second to the next."""
    random = np.random.default_rng(6)
    prediction = random_prediction(18_000, face=np.repeat(random.random(600) > 0.3, 30))
    path = tmp_path_factory.mktemp("gaps") / "page.html"
    write_report([prediction], path)
    return prediction, path


def drawn_segments(opened: Opened) -> list[tuple[int, float, float]]:
    """Row, start and end of the expression timeline's rectangles, in order of time."""
    cells = opened.model("segments")
    rows = [int(top) for top in cells["top"]]
    return sorted(zip(rows, cells["left"], cells["right"], strict=True), key=lambda cell: cell[1])


def test_the_page_of_a_real_clip(browser, clip_page):
    prediction, path = clip_page
    with browser.open(path) as opened:
        assert opened.requests == [path.as_uri(), prediction.video.as_uri()]
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
def test_the_tooltip_shows_the_frame_under_the_mouse(browser, clip_page, plot):
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
        before = opened.page.evaluate("window.scrollY")
        opened.page.mouse.wheel(0, 60)  # further, the plot would be under the video, which stays at the top
        opened.page.wait_for_function(f"window.scrollY >= {before + 60}")
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
    prediction = random_prediction(count, rate=60, face=face)
    probabilities = prediction.probabilities.copy()
    probabilities[face] = [0.9, *[0.1 / 7] * 7]
    probabilities[50_000] = [0, 0, 0, 0, 1, 0, 0, 0]
    valence = np.where(face, 0.1, np.nan).astype(np.float32)
    valence[70_000] = 0.987
    return replace(prediction, probabilities=probabilities, valence=valence, arousal=prediction.arousal / 2)


def test_zoomed_out_no_segment_gap_or_extreme_is_lost_and_zoomed_in_every_frame_is_shown(browser, tmp_path):
    prediction = hour()
    write_report([prediction], tmp_path / "hour.html")
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
def test_zoomed_in_every_frame_has_the_class_of_the_annotation(browser, tmp_path, merge):
    face = np.random.default_rng(5).random(20_000) > 0.1
    prediction = random_prediction(20_000, face=face, merge_segments=merge, num_expressions=5)
    write_report([prediction], tmp_path / "page.html")
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
def test_gaps_stay_gaps_at_every_zoom(browser, page_with_gaps, stretch):
    prediction, path = page_with_gaps
    face = prediction.has_face
    with browser.open(path) as opened:
        opened.show(*stretch)
        bounds = np.append(prediction.time, prediction.duration)
        ends = bounds[1:][~face]
        for plot in ("value lines", "areas"):
            for xs in opened.model(plot)["xs"]:
                crossed = (prediction.time[~face] > min(xs) + 1e-4) & (ends < max(xs) - 1e-4)
                assert not crossed.any()


def test_the_page_is_dark_in_dark_mode_and_the_button_changes_that(browser, clip_page):
    _, path = clip_page
    for dark in (False, True):
        with browser.open(path, dark=dark) as opened:
            left, top, width, _ = opened.inside("values")
            picture = opened.page.screenshot()
            pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
            assert (np.median(pixels) < 60) == dark
            spot = pixels[int(top) + 10, int(left + width / 2) + 9]
            assert (spot < 80) == dark
            opened.page.click("#theme")
            opened.settle()
            turned = cv2.imdecode(np.frombuffer(opened.page.screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE)
            assert (np.median(turned) < 60) != dark
            assert not opened.complaints


def test_a_name_with_a_script_runs_nothing(browser, tmp_path):
    name = "<script>alert(1)</script><img src=x onerror=alert(2)>.mp4".replace("/", "∕")
    write_report([random_prediction(5, video=name)], tmp_path / "page.html")
    with browser.open(tmp_path / "page.html") as opened:
        assert opened.page.locator("h1").inner_text() == name
        assert opened.page.title() == f"{name} · rbdm"
        assert opened.requests[0] == (tmp_path / "page.html").as_uri()
        assert all(address.endswith(quote(name, safe="")) for address in opened.requests[1:])
        assert not opened.complaints


@pytest.mark.parametrize("width", [360, 1024])
def test_the_page_fits_the_screen(browser, clip_page, width):
    _, path = clip_page
    with browser.open(path, width=width) as opened:
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        assert not opened.complaints


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("face", [True, False])
def test_pages_of_one_and_two_frames_work(browser, tmp_path, count, face):
    write_report([random_prediction(count, rate=1, face=[face] * count)], tmp_path / "page.html")
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
    prediction = replace(random_prediction(60, stride=3), inferred=inferred, probabilities=one)
    write_report([prediction], tmp_path / "page.html")
    with browser.open(tmp_path / "page.html") as opened:
        cells = opened.model("segments")
        assert len(set(cells["alpha"])) == 2
        assert len(opened.model("value dots")["x"]) == 2 * inferred.sum()
        assert "filled in" in opened.page.locator("main").inner_text()


def test_a_click_on_an_uncertain_frame_shows_it_in_the_plots(browser, clip_page):
    prediction, path = clip_page
    series: SmoothedFrames = smoothed_frames(prediction)
    (first, *_) = uncertain_frames(series, 3, 12)
    with browser.open(path) as opened:
        opened.page.locator("[data-go]").first.click()
        opened.settle()
        start, end = opened.page.evaluate("[rbdm.model('time').start, rbdm.model('time').end]")
        assert start <= series.time[first] <= end
