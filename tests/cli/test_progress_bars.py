"""Progress on the command line, with and without a terminal."""

import io

import pytest
from rich.console import Console

from rbdm.cli.progress_bars import ProgressBars
from rbdm.progress import Progress


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
