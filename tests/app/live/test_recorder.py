"""Recordings keep every picture and every time, never replace a file, and survive the end of the program."""

import csv
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbdm.app.live import recorder as module
from rbdm.app.live.recorder import Recorder
from rbdm.errors import OutputError
from rbdm.media.video import Video
from tests.app.live.pictures import jpeg
from tests.support.paths import ROOT

NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, UTC)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


@settings(max_examples=30, deadline=None)
@given(
    start=st.integers(-(10**12), 10**12),
    steps=st.lists(st.integers(1, 3000), max_size=30),
    dropped=st.integers(0, 5),
)
def test_every_picture_and_every_time_is_kept(start: int, steps: list[int], dropped: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        recorder, times = Recorder(Path(folder), "", NOON, 64, 48), [start]
        times += [start := start + step for step in steps]
        pictures = [jpeg(number) for number in range(len(times))]
        for time, picture in zip(times, pictures, strict=True):
            recorder.add(picture, time, dropped)
        ended = recorder.close()
        seconds = [(time - times[0]) / 1000 for time in times]
        assert packets(ended.video) == pictures
        with av.open(str(ended.video)) as container:
            assert [
                float(packet.pts * packet.time_base) for packet in container.demux(video=0) if packet.size
            ] == seconds
        assert [float(row["time"]) for row in rows(ended.times)] == seconds
        assert [row["dropped_before"] for row in rows(ended.times)] == ["0"] + [str(dropped)] * len(steps)
        assert (ended.frames, ended.seconds, ended.dropped) == (len(times), seconds[-1], dropped * len(steps))
        assert ended.longest_step == max(steps, default=0) / 1000


def test_the_times_of_a_video_are_those_of_the_camera(tmp_path: Path) -> None:
    recorder, times = Recorder(tmp_path, "P07", NOON, 64, 48), [1000, 1034, 1066, 1100, 1250, 1283]
    for number, time in enumerate(times):
        recorder.add(jpeg(number), time, 0)
    ended = recorder.close()
    with Video(ended.video) as video:
        assert [round(frame.time, 9) for frame in video] == [0, 0.034, 0.066, 0.1, 0.25, 0.283]
        assert video.warnings == []
    assert [row["utc"] for row in rows(ended.times)][:2] == ["2026-03-01T12:00:00.250Z", "2026-03-01T12:00:00.284Z"]


def test_nothing_is_replaced(tmp_path: Path) -> None:
    recorders = [Recorder(tmp_path, "P07", NOON, 64, 48) for _ in range(3)]
    stem = recorders[0].video.stem
    assert [one.video.name for one in recorders] == [f"{stem}.mkv", f"{stem}_2.mkv", f"{stem}_3.mkv"]
    (tmp_path / f"{stem}_4.times.csv").write_text("mine")
    assert Recorder(tmp_path, "P07", NOON, 64, 48).video.name == f"{stem}_5.mkv"
    assert (tmp_path / f"{stem}_4.times.csv").read_text() == "mine"
    assert not (tmp_path / f"{stem}_4.mkv").exists()


@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "a/b", "..", "C:\\x", " ", "nul\0", "ä b"])
def test_no_name_leaves_the_folder(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "chosen"
    folder.mkdir()
    recorder = Recorder(folder, name, NOON, 64, 48)
    recorder.add(jpeg(), 0, 0)
    assert recorder.close().video.parent == folder
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chosen"] and len(list(folder.iterdir())) == 2


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"gone: the recording cannot be written: No such file"):
        Recorder(tmp_path / "gone", "P07", NOON, 64, 48)


def test_a_full_disk_ends_the_recording_and_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(tmp_path, "P07", NOON, 64, 48)
    for number in range(5):
        recorder.add(jpeg(number), 40 * number, 0)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recorder, "_write_line", full)
    with pytest.raises(OutputError, match=r"P07.*\.mkv: cannot be written: No space left on device; .* is kept"):
        recorder.add(jpeg(5), 200, 0)
    with Video(recorder.close().video) as video:
        assert len(list(video)) >= 5


def test_a_killed_program_leaves_what_was_recorded(tmp_path: Path) -> None:
    code = f"""
import os, signal
from datetime import UTC, datetime
from pathlib import Path
from rbdm.app.live.recorder import Recorder
from tests.app.live.pictures import jpeg
recorder = Recorder(Path({str(tmp_path)!r}), "P07", datetime.now(UTC), 640, 480)
for number in range(100):
    recorder.add(jpeg(number, 640, 480), 33 * number, 0)
os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode
    (video,) = tmp_path.glob("*.mkv")
    with Video(video) as opened:
        found = [round(1000 * frame.time) for frame in opened]
    assert len(found) >= 99 and found == [33 * number for number in range(len(found))]
    assert len(rows(video.with_suffix(module.TIMES_ENDING))) == 100
    shutil.rmtree(tmp_path)
