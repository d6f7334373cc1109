"""Measures the page `Live`: frames per second, delay, processor time, and what recordings agree with.

    python -m benchmarks.live CLIP [--seconds 20] [--width 640]

Chromium shows the clip as a camera of 30 frames per second. The delay is the time from the moment at which the page
gets a frame of the camera until it has drawn this frame with its boxes. Not in it are the time that the browser needs
before that, which is measured separately, and the next refresh of the screen (at most 17 ms). The recording is
annotated by the app, and by `rbdm annotate --face all` without `--every-frame`; both are compared with what the page
has shown. Needs '.[test]' and Chromium. Other programs that run at the same time make the delay longer, so the
processor time of a frame is measured, too.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from rbdm.media.video import Video
from tests.support.app import RunningApp, running_app
from tests.support.browser import started
from tests.support.camera import NO_QUESTION, camera_flags, filling, write_camera
from tests.support.clips import Picture
from tests.support.live import LivePage, live_page

MOST_FRAMES = 600
CAPTURE_DELAY = """
() => new Promise((resolve) => {
  const video = Object.assign(document.createElement("video"), { muted: true, srcObject: camera }), found = [];
  const note = (now, { captureTime }) => {
    if (captureTime) found.push(performance.now() - captureTime);
    if (found.length < 60) video.requestVideoFrameCallback(note);
    else { video.srcObject = null; resolve(found.slice(10)); }
  };
  video.requestVideoFrameCallback(note);
  video.play();
  setTimeout(() => resolve(found), 8000);
})
"""
VALUES = ("Neutral", "Happy", "Sad", "Surprise", "Fear", "Disgust", "Anger", "Contempt", "valence", "arousal")


def pictures(clip: Path, width: int, height: int) -> Iterator[Picture]:
    with Video(clip) as video:
        for frame in islice(video, MOST_FRAMES):
            yield filling(frame.rgb(), width, height)


def processor_seconds(app: RunningApp) -> tuple[float, float]:
    """Of the app without its queue, and of the browser."""
    own = psutil.Process(app.process.pid).cpu_times()
    browsers = [one for one in psutil.Process().children(recursive=True) if "chrom" in one.name()]
    return own.user + own.system, sum(sum(one.cpu_times()[:2]) for one in browsers)


def measure(live: LivePage, app: RunningApp, seconds: float, name: str) -> list[dict[str, Any]]:
    """Print a line about some seconds, and return the drawn frames."""
    live.page.evaluate("() => { drawn = []; }")
    before, began = processor_seconds(app), time.perf_counter()
    live.page.wait_for_timeout(1000 * seconds)
    drawn = live.drawn()
    took, after = time.perf_counter() - began, processor_seconds(app)
    median, most = np.percentile([one["delay"] for one in drawn], [50, 95])
    app_ms, browser_ms = (1000 * (b - a) / len(drawn) for a, b in zip(before, after, strict=True))
    print(
        f"{name}: {len(drawn) / took:.1f} frames/s; delay {median:.0f} ms, 95 % below {most:.0f} ms; "
        f"processor time per frame {app_ms:.0f} ms in rbdm, {browser_ms:.0f} ms in the browser"
    )
    return drawn


def compare(drawn: list[dict[str, Any]], table: Path, name: str) -> None:
    """Print how much the values of a table differ from those that were drawn, for frames with one face in both."""
    with table.open(newline="") as file:
        rows = {int(row["frame"]): row for row in csv.DictReader(file)}
    found, same = [], []
    for one in drawn:
        row = rows.get(-1 if one["recorded"] is None else one["recorded"])
        if row is None or len(one["faces"]) != 1 or not row["valence"]:
            continue
        (face,) = one["faces"]
        shown_values = [*face["probabilities"], face["valence"], face["arousal"]]
        found.append(np.abs(np.array(shown_values) - [float(row[value]) for value in VALUES]))
        same.append(VALUES[int(np.argmax(face["probabilities"]))] == row["expression"])
    if not found:
        print(f"{name}: no frame has one face")
        return
    differences = np.array(found)
    print(
        f"{name}: {len(found)} frames, same class in {np.mean(same):.2%}; largest difference of a probability "
        f"{differences[:, :8].max():.2g}, of valence and arousal {differences[:, 8:].max():.2g} (median "
        f"{np.median(differences[:, 8:]):.2g})"
    )


def annotated(video: Path) -> Path:
    """Wait until the app has annotated a recording; returns its table."""
    table = video.with_name(f"{video.stem}.people.expression.csv")
    while not video.with_name(f"{video.stem}.people.json").exists():
        time.sleep(0.2)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--width", type=int, choices=[640, 1280], default=640)
    options = parser.parse_args()
    width, height = {640: (640, 480), 1280: (1280, 720)}[options.width]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        camera = write_camera(folder / "camera.y4m", pictures(options.clip, width, height))
        (folder / "recordings").mkdir()
        with (
            started(*camera_flags(camera), NO_QUESTION) as browser,
            running_app(folder / "home") as app,
            live_page(browser, app) as live,
        ):
            live.page.select_option("#live-size", f"{width}x{height}")
            live.start()
            live.page.wait_for_timeout(2000)
            measure(live, app, options.seconds, "not recording")
            live.choose_folder(folder / "recordings")
            live.window.press("Record")
            live.shows("light", "Camera on, recording")
            drawn = measure(live, app, options.seconds, "recording")
            live.window.press("End recording")
            live.shows("recordings", "dropped")
            print(live.page.inner_text("#live-recordings"))
            delays = live.page.evaluate(CAPTURE_DELAY)
            if delays:
                print(f"from the camera to a page: {np.median(delays):.0f} ms")
            live.window.press("Stop camera")
            (video,) = (folder / "recordings").glob("*.mkv")
            size = video.stat().st_size
            print(f"size of the recording: {size / 1e6:.0f} MB")
            compare(drawn, annotated(video), "files of the recording")
        out = folder / "default"
        command = [sys.executable, "-m", "rbdm", "annotate", str(video), "--face", "all", "--csv", "--out", str(out)]
        subprocess.run(command, check=True, capture_output=True)
        compare(drawn, out / f"{video.stem}.people.expression.csv", "`rbdm annotate --face all`, boxes interpolated")


if __name__ == "__main__":
    main()
