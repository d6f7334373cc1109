"""The report plays the video: it goes where the user clicks, the plots follow, and every frame is the right one."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from rbdm.export.report import write_report
from rbdm.prediction import Prediction
from tests.support import clips
from tests.support.browser import Browser, Opened, started
from tests.support.builders import prediction_of
from tests.support.page_player import Player

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as running:
        yield running


def page_of(video: Path, name: str = "page.html") -> tuple[Prediction, Path]:
    """The prediction of a video, and its page beside it."""
    prediction = prediction_of(video)
    write_report([prediction], video.with_name(name))
    return prediction, video.with_name(name)


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> tuple[Prediction, Path]:
    """Two seconds, 28 frames of which have a grey of their own."""
    video = clips.write_clip(tmp_path_factory.mktemp("player") / "clip.mp4", clips.constant(60), size=(320, 240))
    return page_of(video)


def shown_number(opened: Opened) -> int:
    """The number (modulo 28) that `clips.picture` drew into the frame on the screen."""
    opened.page.evaluate("document.getElementById('boxes').hidden = true")
    picture = opened.page.locator("#video").screenshot()
    image = cv2.cvtColor(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    return clips.frame_number(image)


def click_at(opened: Opened, share: float, plot: str = "lanes") -> None:
    """Click a plot at a share of its width."""
    opened.page.locator(f"#{plot}").evaluate("place => place.scrollIntoView({ block: 'end' })")
    left, top, width, height = opened.inside(plot)
    opened.page.mouse.click(left + share * width, top + height / 2)
    opened.settle()


@pytest.mark.parametrize("plot", ["lanes", "values", "probabilities"])
def test_a_click_in_a_plot_goes_to_the_frame_under_the_mouse(browser, clip, plot):
    prediction, page = clip
    with browser.open(page) as opened:
        player = Player(opened)
        assert player.is_shown
        click_at(opened, 0.37, plot)
        expected = int(np.searchsorted(prediction.time, 0.37 * prediction.duration, side="right")) - 1
        assert player.frame == expected
        player.expect_picture_of(prediction.time[expected])
        assert shown_number(opened) == expected % 28
        left, _, width, _ = opened.inside("lanes")
        assert player.cursor() == pytest.approx(left + width * prediction.time[expected] / prediction.duration, abs=2)
        now = opened.page.locator("#now").inner_text()
        assert f"frame {expected + 1}" in now
        assert f"{prediction.valence[expected]:+.2f}".replace("-", "−") in now
        assert not opened.complaints


def test_a_click_on_a_picture_goes_to_its_frame(browser, clip):
    prediction, page = clip
    with browser.open(page) as opened:
        player = Player(opened)
        picture = opened.page.locator("#strip img:not(.away)").nth(3)
        picture.click()
        assert prediction.time[player.frame] == pytest.approx(float(picture.get_attribute("data-time")))
        for place in ("ol.doubts img", "ol.doubts button"):
            wanted = opened.page.locator(place).nth(1)
            wanted.click()
            assert prediction.time[player.frame] == pytest.approx(float(wanted.get_attribute("data-go")))
        assert not opened.complaints


def test_the_plots_follow_while_the_video_plays(browser, clip):
    prediction, page = clip
    with browser.open(page) as opened:
        player = Player(opened)
        opened.page.click("#play")
        opened.page.wait_for_function("rbdm.current() >= 20", timeout=20_000)
        assert opened.page.locator("#play").get_attribute("aria-label") == "Pause"
        opened.page.click("#play")
        opened.page.wait_for_function("document.getElementById('video').paused")
        opened.settle()
        frame = player.frame
        player.expect_picture_of(prediction.time[frame], 0.04)
        assert player.cursor() == pytest.approx(
            opened.inside("lanes")[0] + opened.inside("lanes")[2] * prediction.time[frame] / prediction.duration, abs=2
        )
        opened.show(0.0, 0.3)
        opened.page.click("#play")  # the plots do not follow: they show another stretch
        opened.page.wait_for_function("document.getElementById('video').ended", timeout=20_000)
        assert opened.page.evaluate("rbdm.model('time').end") == pytest.approx(0.3)
        assert player.frame == 59
        opened.page.keyboard.press("Escape")
        opened.page.click("#play")  # from the start again; now they do
        opened.page.wait_for_function("rbdm.current() > 15 && rbdm.current() < 59", timeout=20_000)
        assert opened.page.evaluate("rbdm.model('time').start") > 0.1
        assert not opened.complaints


def test_the_keys(browser, clip):
    prediction, page = clip
    with browser.open(page) as opened:
        player = Player(opened)
        press = opened.page.keyboard.press
        click_at(opened, 0.5)
        start = player.frame
        for _ in range(3):
            press("ArrowRight")
        assert player.frame == start + 3
        player.expect_picture_of(prediction.time[start + 3])
        press("ArrowLeft")
        player.expect_picture_of(prediction.time[start + 2])
        assert shown_number(opened) == (start + 2) % 28
        opened.page.focus("#over-time")
        press("End")
        assert player.frame == 59
        press("ArrowRight")
        assert player.frame == 59
        press("Home")
        assert player.frame == 0
        press("ArrowLeft")
        assert player.frame == 0
        press(" ")
        opened.page.wait_for_function("rbdm.current() > 3", timeout=20_000)
        press(" ")
        assert opened.page.evaluate("document.getElementById('video').paused")
        press("+")
        press("Shift+ArrowRight")
        opened.settle()
        assert opened.page.evaluate("rbdm.model('time').start") > 0
        opened.page.focus("#play")
        press(" ")  # a button keeps its own key, and does not act twice
        assert not opened.page.evaluate("document.getElementById('video').paused")
        assert not opened.complaints


def test_a_drag_zooms_and_does_not_move_the_video(browser, clip):
    prediction, page = clip
    with browser.open(page) as opened:
        player = Player(opened)
        click_at(opened, 0.1)
        frame = player.frame
        left, top, width, height = opened.inside("lanes")
        opened.page.mouse.move(left + 0.5 * width, top + height / 2)
        opened.page.mouse.down()
        opened.page.mouse.move(left + 0.7 * width, top + height / 2, steps=4)
        opened.page.mouse.up()
        opened.settle()
        assert opened.page.evaluate("rbdm.model('time').start") == pytest.approx(0.5 * prediction.duration, abs=0.01)
        assert player.frame == frame
        click_at(opened, 0.0)
        assert player.frame == pytest.approx(30, abs=1)
        assert not opened.complaints


@pytest.mark.parametrize(
    ("name", "times", "more"),
    [
        ("late.mp4", clips.constant(60, start=1.5), {}),
        ("late_picture.mp4", clips.constant(60, start=1.5), {"sound": True}),
        ("edit_list.mp4", clips.constant(60, start=-0.5), {}),
        ("edit_list_sound.mp4", clips.constant(60, start=-0.5), {"sound": True}),
        ("late.webm", clips.constant(60, start=0.7), {"codec": "libvpx-vp9"}),
        ("variable.mp4", [0, 0.03, 0.1, 0.5, 0.51, 0.6, 1.2, 1.25, 1.3, 2.0], {}),
        ("turned.mp4", clips.constant(30), {"rotation": 90}),
        ("wide_pixels.mp4", clips.constant(30), {"aspect": Fraction(4, 3)}),
        ("reordered.mp4", clips.constant(60), {"options": {"preset": "medium", "bf": "3", "crf": "1"}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_frame_on_the_screen_is_the_one_of_its_values(browser, tmp_path, name, times, more):
    video = clips.write_clip(tmp_path / name, times, size=(320, 240), **more)
    prediction, page = page_of(video)
    skipped = len(times) - len(prediction.time)  # frames that an edit list cuts off
    with browser.open(page) as opened:
        player = Player(opened)
        for frame in (0, 3, len(prediction.time) - 2, len(prediction.time) - 1):
            opened.page.evaluate("time => rbdm.player().seek(time)", prediction.time[frame] + 1e-3)
            player.expect_picture_of(prediction.time[frame])
            assert shown_number(opened) == (frame + skipped) % 28
        assert player.problem == ""
        assert not opened.complaints


@pytest.mark.parametrize(
    "name",
    [
        "a b#1 100% (x)?.mp4",
        "Gespräch: Ñandú 😀 & \"Zitat\" 'n'.mp4",
        "%20+;=@,[]{}^`~$!.mp4",
        "back\\slash.mp4",
        "..a.mp4",
    ],
)
def test_a_video_of_any_name_is_found(browser, clip, tmp_path, name):
    prediction, page = clip
    shutil.copy(page.with_name("clip.mp4"), tmp_path / name)
    write_report([replace(prediction, video=tmp_path / name)], tmp_path / "page.html")
    with browser.open(tmp_path / "page.html") as opened:
        assert Player(opened).is_shown
        assert not opened.complaints


def test_a_page_in_another_folder_finds_its_video_and_later_the_one_beside_it(browser, clip, tmp_path):
    prediction, page = clip
    for folder in ("videos", "results", "moved/there"):
        (tmp_path / folder).mkdir(parents=True)
    video = shutil.copy(page.with_name("clip.mp4"), tmp_path / "videos" / "clip.mp4")
    write_report([replace(prediction, video=video)], tmp_path / "results" / "page.html")
    assert str(tmp_path) not in (tmp_path / "results" / "page.html").read_text(encoding="utf-8")
    with browser.open(tmp_path / "results" / "page.html") as opened:
        assert Player(opened).is_shown
        assert not opened.complaints
    moved = tmp_path / "moved" / "there"
    shutil.copy(tmp_path / "results" / "page.html", moved)
    shutil.copy(video, moved)
    with browser.open(moved / "page.html") as opened:
        assert Player(opened).is_shown


def test_without_the_video_the_page_works_and_says_so_and_the_video_can_be_chosen(browser, clip, tmp_path):
    prediction, page = clip
    shutil.copy(page, tmp_path / "page.html")
    with browser.open(tmp_path / "page.html") as opened:
        player = Player(opened)
        assert not player.is_shown
        assert player.problem.startswith("The video clip.mp4 is not beside this page, or")
        click_at(opened, 0.5)
        opened.page.keyboard.press("ArrowRight")
        assert player.frame == pytest.approx(31, abs=1)
        assert f"frame {player.frame + 1}" in opened.page.locator("#now").inner_text()
        assert not opened.complaints
        frame = player.frame
        opened.page.set_input_files("#file", page.with_name("clip.mp4"))
        opened.page.locator("#video").wait_for(state="visible")
        player.expect_picture_of(prediction.time[frame])
        assert player.problem == ""
        assert not opened.complaints


def test_another_video_and_a_file_that_cannot_be_played_are_said(browser, clip, tmp_path):
    _, page = clip
    shutil.copy(page, tmp_path / "page.html")
    other = clips.write_clip(tmp_path / "other.mp4", clips.constant(150), size=(320, 240))
    strange = clips.write_clip(tmp_path / "strange.avi", clips.constant(20), codec="mpeg4", rate=30)
    with browser.open(tmp_path / "page.html") as opened:
        player = Player(opened)
        opened.page.set_input_files("#file", other)
        opened.page.locator("#video").wait_for(state="visible")
        assert "It lasts 0:05.00, the results are of 0:02.00" in player.problem
    with browser.open(tmp_path / "page.html") as opened:
        player = Player(opened)
        opened.page.set_input_files("#file", strange)
        opened.page.wait_for_function("document.getElementById('problem').textContent.includes('strange.avi')")
        assert "H.264 in .mp4" in player.problem
        assert not player.is_shown
    prediction, avi_page = page_of(strange, "avi.html")
    with browser.open(avi_page) as opened:
        player = Player(opened)
        assert "cannot play it (MPEG4 in .avi)" in player.problem
        assert prediction.has_face.all()


def test_an_image_has_no_player(browser, clip, tmp_path):
    prediction, _ = clip
    write_report([replace(prediction, video=tmp_path / "photo.jpg")], tmp_path / "page.html")
    with browser.open(tmp_path / "page.html") as opened:
        Player(opened)
        assert not opened.page.locator("#player").is_visible()
        assert not opened.complaints


def two_people(prediction: Prediction) -> list[Prediction]:
    """Two people in one video: the second one is the first one in reverse, and on the left."""
    boxes = prediction.boxes.copy()
    boxes[:, [1, 3]] -= 0.2
    back = {name: getattr(prediction, name)[::-1].copy() for name in ("probabilities", "valence", "arousal")}
    guest = replace(prediction, person="guest <i>", boxes=boxes, **back)
    return [replace(prediction, person="host"), guest]


def test_several_people(browser, clip, tmp_path):
    prediction, page = clip
    people = two_people(replace(prediction, video=shutil.copy(page.with_name("clip.mp4"), tmp_path / "clip.mp4")))
    write_report([replace(person, video=tmp_path / "clip.mp4") for person in people], tmp_path / "page.html")
    names = [person.person for person in people]
    with browser.open(tmp_path / "page.html") as opened:
        player = Player(opened)
        rows = opened.model("people segments")
        assert set(np.floor(rows["top"])) == {0, 1}
        assert opened.page.locator("#boxes span").all_inner_texts() == names
        click_at(opened, 0.5)
        frame = player.frame
        texts = opened.page.locator("#now tbody tr").all_inner_texts()
        for person, text in zip(people, texts, strict=True):
            assert person.person in text
            assert f"{person.valence[frame]:+.2f}".replace("-", "−") in text
        lefts = [opened.page.locator("#boxes i").nth(i).bounding_box()["x"] for i in (0, 1)]
        stage = opened.page.locator("#stage").bounding_box()
        np.testing.assert_allclose(
            (np.array(lefts) - stage["x"]) / stage["width"], [p.boxes[frame, 1] for p in people], atol=0.01
        )
        before = opened.model("value lines")
        opened.page.locator("[name=person]").nth(1).check(force=True)
        opened.settle()
        assert opened.model("value lines") != before
        assert player.frame == frame
        assert opened.page.locator("h2:visible", has_text="Time in each expression").inner_text().endswith(names[1])
        left, top, width, _ = opened.inside("people")
        opened.page.mouse.click(left + 0.25 * width, top + 12)
        opened.settle()
        assert opened.page.locator("[name=person]").nth(0).is_checked()
        assert opened.model("value lines") == before
        assert not opened.complaints


def test_the_warnings_of_all_people_are_on_the_page_once_and_without_the_folder(browser, clip, tmp_path):
    prediction, _ = clip
    text = f"{prediction.video}: the file is truncated"
    people = [replace(prediction, person=name, warnings=(text, f"{name} & others")) for name in ("a", "b")]
    write_report(people, tmp_path / "page.html")
    with browser.open(tmp_path / "page.html") as opened:
        assert opened.page.locator(".warnings li").all_inner_texts() == [
            "the file is truncated", "a & others", "b & others",
        ]  # fmt: skip
