"""What a user wants to be annotated: choices that contradict each other are refused before any work."""

from pathlib import Path

import pytest

from rbdm.batch.request import Request
from rbdm.batch.results import result_paths
from rbdm.batch.videos import VideoTask
from rbdm.errors import InputError, OptionError
from rbdm.options import Options

OPEN = Options(weights="open", device="cpu")


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ({"face": "middle"}, "face"),
        ({"face": "0"}, "face"),
        ({"face": "leftmost", "faces": [Path("a.stream")]}, "cannot be used with --faces"),
        ({"names": {"left": "guest"}}, "only for --face all"),
        ({"face": "all", "names": {"middle": "guest"}}, "must be left, right or a number"),
    ],
)
def test_choices_that_contradict_each_other_are_refused(choices, reason):
    with pytest.raises(OptionError, match=reason):
        Request(OPEN, **choices)


def test_results_that_nobody_can_write_are_refused():
    with pytest.raises(OptionError, match="no result is called 'film': the results are csv, elan"):
        Request(OPEN, wanted=["film"]).require()


def test_the_work_has_the_results_and_box_streams_of_all_videos(tmp_path, open_weights):
    tasks = [VideoTask(tmp_path / name, tmp_path) for name in ("a.mp4", "b.mp4")]
    (tmp_path / "a.stream").write_text("")
    request = Request(OPEN, wanted=["csv"])
    work = request.work(tasks, open_weights, print)
    assert work.boxes == {tasks[0]: tmp_path / "a.stream", tasks[1]: None}
    assert work.paths == {task: result_paths(task, request.result_writers) for task in tasks}
    assert not work.boxes_are_chosen
    assert Request(OPEN, "largest").work(tasks, open_weights, print).boxes == {}


def test_one_box_stream_of_two_videos_is_an_error_of_both(tmp_path, open_weights):
    tasks = [VideoTask(tmp_path / name, tmp_path / name) for name in ("a.mp4", "a.mov")]
    (tmp_path / "a.stream").write_text("")
    boxes = Request(OPEN).work(tasks, open_weights, print).boxes
    assert all(isinstance(found, InputError) for found in boxes.values())
