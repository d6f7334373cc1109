"""The account of a run: one line for each video, also if several processes write; the last one counts."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from rbdm.batch.run_log import Entry, add_entries, latest, read_entries, summary_of
from rbdm.errors import InputError


def test_lines_that_are_added_at_the_same_time_are_all_complete(tmp_path):
    path = tmp_path / "new" / "run.jsonl"
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda number: add_entries(path, [Entry(f"/{number}.mp4", "done")]), range(40)))
    videos = {json.loads(line)["video"] for line in path.read_text().splitlines()}
    assert videos == {f"/{number}.mp4" for number in range(40)}


def test_a_line_that_was_cut_off_harms_no_other_line(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text('{"video": "/a.mp4", "sta')
    add_entries(path, [Entry("/b.mp4", "done", frames=3, warnings=("dark",))])
    (entry,) = read_entries(path)
    assert (entry.video, entry.frames, entry.warnings) == ("/b.mp4", 3, ("dark",))


def test_a_video_that_was_done_stays_done_if_a_later_run_skips_it():
    entries = [Entry("/a.mp4", "failed"), Entry("/a.mp4", "done", frames=5), Entry("/a.mp4", "skipped")]
    assert latest(entries)["/a.mp4"] == entries[1]
    assert latest(entries[:1] + entries[2:])["/a.mp4"].status == "skipped"


def test_the_summary_names_failed_videos_and_different_weights(tmp_path):
    path = tmp_path / "run.jsonl"
    same = {"frames": 100, "seconds": 1.0}
    add_entries(path, [Entry("/a.mp4", "done", weights="x", **same), Entry("/b.mp4", "done", weights="y", **same)])
    add_entries(path, [Entry("/c.mp4", "failed", error="/c.mp4: is empty")])
    lines = list(summary_of(path))
    assert lines[0] == "3 videos: 2 done, 0 skipped, 1 failed"
    assert any(line.startswith("warning: not all videos have the same weights") for line in lines)
    assert lines[-2:] == ["1 video failed:", "  /c.mp4: is empty"]


def test_another_file_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("no account")
    with pytest.raises(InputError, match="no account of a run"):
        read_entries(tmp_path / "notes.txt")
