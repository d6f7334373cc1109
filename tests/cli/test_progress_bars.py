"""Progress on the command line, with and without a terminal."""

import io

import pytest
from rich.console import Console

from rbdm.cli.progress_bars import ProgressBars, RunBar
from rbdm.progress import Progress, Running


@pytest.fixture(autouse=True)
def known_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")


def console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=100, markup=False)


def shown(where: Console) -> str:
    assert isinstance(where.file, io.StringIO)
    return where.file.getvalue()


def test_without_a_terminal_there_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    where = console(terminal=False)
    show = ProgressBars(where, 3)
    with show.video("talk [P01].mp4"):
        show.show(Progress(10, 100, 1.0))
        assert shown(where) == ""
        monkeypatch.setattr("rbdm.cli.progress_bars._LINE_EVERY", 0.0)
        show.show(Progress(50, 100, 5.0))
        show.show_writing(Progress(20, 100, 1.0))
    first, second = shown(where).splitlines()
    assert first == "talk [P01].mp4: 50 of 100 frames, 10 frames/s, 5 s left"
    assert second == "talk [P01].mp4 (overlay): 20 of 100 frames, 20 frames/s, 4 s left"
    assert show.rate == 10


def test_on_a_terminal_there_is_a_bar_for_the_video_and_one_for_all() -> None:
    where = console(terminal=True)
    show = ProgressBars(where, 3)
    for name in ("a [bold].mp4", "b.mp4"):
        with show.video(name):
            show.show(Progress(50, 100, 5.0))
    text = shown(where)
    assert "a [bold].mp4" in text and "all videos" in text
    assert "50/100" in text and "10/s" in text and "1/3" in text


def test_a_single_video_has_no_bar_for_all() -> None:
    where = console(terminal=True)
    show = ProgressBars(where)
    with show.video("a.mp4"):
        show.show(Progress(1, 0, 5.0))
    assert "all videos" not in shown(where)


class Clock:
    """Stands still until it is told."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("rbdm.cli.progress_bars.time", clock)
    return clock


def test_many_workers_have_one_line_with_all_their_frames_per_second(clock: Clock) -> None:
    where = console(terminal=False)
    with RunBar(where, 5) as bar:
        for second in range(31):
            clock.now = 1000.0 + second
            workers = {0: Running(second * 10, 400, "a:1"), 1: Running(second * 20, 0, "b:1")}
            bar.show(2, second * 30, workers)
    assert shown(where).splitlines() == ["2 of 5 videos, 30 frames/s, 2 workers"]


def test_the_frames_per_second_are_those_of_the_last_seconds(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rbdm.cli.progress_bars._LINE_EVERY", 100.0)
    where = console(terminal=False)
    with RunBar(where, 5) as bar:
        bar.show(0, 1_000_000, {0: Running(1_000_000, 0, "a:1")})
        for second in range(80, 101):
            clock.now = 1000.0 + second
            bar.show(1, 1_000_000 + (second - 80) * 5, {0: Running(0, 0, "a:1")})
    assert shown(where).splitlines() == ["1 of 5 videos, 5 frames/s, 1 worker"]


def test_frames_of_a_video_that_is_annotated_again_do_not_make_the_speed_negative(clock: Clock) -> None:
    where = console(terminal=False)
    with RunBar(where, 1) as bar:
        bar.show(0, 500, {0: Running(500, 0, "a:1")})
        clock.now += 30
        bar.show(0, 0, {})
    assert shown(where).splitlines() == ["0 of 1 videos, 0 frames/s, 0 workers"]


def test_on_a_terminal_running_videos_count_by_their_part() -> None:
    where = console(terminal=True)
    with RunBar(where, 4) as bar:
        bar.show(1, 150, {0: Running(50, 100, "a:1"), 1: Running(300, 200, "a:2")})
        assert bar._bars.tasks[0].completed == 2.5
    assert "all videos" in shown(where) and "2 workers" in shown(where)
