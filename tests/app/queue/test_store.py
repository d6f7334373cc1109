"""The queue in its file: what was saved is read again, and a damaged file is kept and said."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.app.queue.runs import STATUSES, Choices, Run, Video, from_json, to_json
from rbdm.app.queue.store import Store
from rbdm.batch.videos import VideoTask
from rbdm.errors import InputError
from rbdm.options import Options

NAMES = st.text(st.characters(exclude_characters="\0/\\"), min_size=1, max_size=12).filter(lambda name: name != ".")


def task_of(name: str = "a.mp4", problem: str = "") -> VideoTask:
    return VideoTask(Path("/videos") / name, Path("/out"), Path("below"), problem)


VIDEOS = st.builds(
    Video,
    st.builds(task_of, NAMES, st.text(max_size=9)),
    st.integers(0, 10**7),
    st.sampled_from(STATUSES),
    st.text(max_size=9),
    st.text(max_size=9),
    st.lists(st.text(max_size=9), max_size=2).map(tuple),
    st.integers(0, 10**7),
    st.floats(0, 1e6),
)
RUNS = st.builds(
    Run,
    st.builds(
        Choices,
        st.builds(Options, smoothing_ms=st.floats(0, 60_000), stride=st.integers(1, 9)),
        st.sampled_from([None, "all", "leftmost"]),
        st.dictionaries(st.sampled_from(["left", "2"]), st.just("guest")),
        st.lists(st.sampled_from(["csv", "report"]), unique=True),
        st.booleans(),
    ),
    st.lists(VIDEOS, max_size=3),
    st.lists(NAMES.map(Path), max_size=2),
)


@given(RUNS)
def test_a_run_survives_json(run):
    assert from_json(json.loads(json.dumps(to_json(run)))) == run


def test_what_was_saved_is_read_again_and_what_was_running_waits(tmp_path):
    running = replace(Video(task_of()), status="running")
    run = Run(Choices(), [running, replace(Video(task_of("b.mp4")), status="done")], [Path("/videos")])
    Store(tmp_path).save([run], is_paused=True)
    runs, is_paused, notice = Store(tmp_path).load()
    assert (is_paused, notice) == (True, "")
    assert [video.status for video in runs[0].videos] == ["waiting", "done"]
    assert stat.S_IMODE((tmp_path / "queue.json").stat().st_mode) & 0o077 == 0


def test_a_new_queue_is_empty(tmp_path):
    assert Store(tmp_path).load() == ([], False, "")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"format": 2, "runs": []}',
        '{"format": 1, "runs": [{}]}',
        '{"format": 1, "runs": 3}',
        "ÿ",
    ],
)
def test_a_damaged_file_is_kept_and_said(tmp_path, content):
    (tmp_path / "queue.json").write_text(content, encoding="utf-8")
    runs, is_paused, notice = Store(tmp_path).load()
    assert (runs, is_paused) == ([], False)
    assert "could not be read" in notice and "queue.json.damaged" in notice
    assert (tmp_path / "queue.json.damaged").read_text(encoding="utf-8") == content
    assert Store(tmp_path).load()[2] == ""


@pytest.mark.parametrize("change", [{"status": "lost"}, {"task": {}}, {"unknown": 1}])
def test_values_that_are_no_run_are_an_error(change):
    values = to_json(Run(Choices(), [Video(task_of())], []))
    values["videos"][0] |= change
    with pytest.raises(InputError, match="is no run of the app"):
        from_json(values)
