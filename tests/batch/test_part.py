"""`--part I/N`: each machine makes the same split, each video is in one part, and the parts take equally long."""

import random
from pathlib import Path

import pytest

from rbdm.batch.part import Part, parse_part, take_part
from rbdm.batch.videos import VideoTask, find_videos
from rbdm.errors import InputError, OptionError
from tests.support.clips import write_clip


def split(tasks: list[VideoTask], count: int) -> list[list[VideoTask]]:
    return [take_part(tasks, Part(number, count)) for number in range(1, count + 1)]


def stated(monkeypatch: pytest.MonkeyPatch, frames: dict[str, int]) -> None:
    monkeypatch.setattr("rbdm.batch.part.stated_frames", lambda video: frames.get(video.name, 0))


@pytest.fixture
def tasks(tmp_path: Path) -> list[VideoTask]:
    """Forty files, whose size says nothing."""
    for number in range(40):
        (tmp_path / f"{number:02}.mp4").write_bytes(b"x")
    return find_videos([tmp_path])


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b", " 1/2", "1.0/2", "١/٢"])
def test_a_part_that_is_none_is_refused(text):
    with pytest.raises(OptionError, match="--part"):
        parse_part(text)


def test_a_part_is_a_number_of_a_number():
    assert parse_part("2/10") == Part(2, 10)
    assert parse_part("1/1") == Part(1, 1)


def test_each_video_is_in_one_part_and_the_parts_are_equally_long(tasks, monkeypatch):
    random_lengths = random.Random(1)
    frames = {task.video.name: random_lengths.randint(500, 100_000) for task in tasks}
    stated(monkeypatch, frames)
    parts = split(tasks, 5)
    assert sorted((task for part in parts for task in part), key=lambda task: task.video) == tasks
    loads = [sum(frames[task.video.name] for task in part) for part in parts]
    assert max(loads) < 1.02 * min(loads)


def test_the_order_in_which_a_file_system_lists_them_does_not_matter(tasks, monkeypatch):
    stated(monkeypatch, {task.video.name: 100 for task in tasks})
    expected = [set(part) for part in split(tasks, 7)]
    shuffled = random.Random(2).sample(tasks, len(tasks))
    assert [set(part) for part in split(shuffled, 7)] == expected
    assert take_part(shuffled, Part(3, 7)) == [task for task in shuffled if task in expected[2]]


def test_results_that_exist_do_not_matter(tasks, monkeypatch, tmp_path):
    stated(monkeypatch, {task.video.name: 100 for task in tasks})
    expected = split(tasks, 3)
    for task in expected[0]:
        for ending in ("expression.annotation", "expression.annotation~", "valence.annotation"):
            (tmp_path / f"{task.stem}.{ending}").write_text("a result")
    assert split(find_videos([tmp_path]), 3) == expected


def test_a_study_that_has_another_place_on_another_machine_is_split_in_the_same_way(tmp_path, monkeypatch):
    monkeypatch.setattr("rbdm.batch.part.stated_frames", lambda video: 100)
    found = []
    for root in (tmp_path / "z", tmp_path / "a" / "longer"):
        for name in ("x/1.mp4", "x/2.mp4", "y/1.mp4", "2.mp4", "3.mp4"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(b"x")
        parts = split(find_videos([root], None, True), 2)
        found.append([[task.video.relative_to(root) for task in part] for part in parts])
    assert found[0] == found[1]


def test_a_video_that_states_no_length_counts_by_its_size(tasks, monkeypatch):
    names = [task.video.name for task in tasks]
    stated(monkeypatch, {name: 1000 for name in names[1:]})
    tasks[0].video.write_bytes(b"x" * 39)  # as much as all others together
    parts = split(tasks, 2)
    assert sorted(map(len, parts)) == [1, 39]


def test_what_cannot_be_annotated_is_in_one_part_and_reported_there(tmp_path):
    (tmp_path / "a.mp4").write_text("no video")
    (tmp_path / "empty").mkdir()
    tasks = find_videos([tmp_path / "a.mp4", tmp_path / "missing.mp4", tmp_path / "empty"])
    assert sorted(len(part) for part in split(tasks, 3)) == [1, 1, 1]


def test_more_parts_than_videos(tasks):
    assert sum(map(len, split(tasks[:2], 4))) == 2


def test_a_disk_that_does_not_answer_is_an_error_and_not_another_split(tasks, monkeypatch):
    def broken(self: Path, mode: str) -> None:
        raise OSError(5, "Input/output error", str(self))

    monkeypatch.setattr(Path, "open", broken)
    with pytest.raises(InputError, match=r"cannot be read \(Input/output error\)"):
        take_part(tasks, Part(1, 2))


def test_the_length_is_read_from_the_header(tmp_path):
    for name, frames in (("long.mp4", 60), ("a.mkv", 20), ("b.mov", 20), ("c.mp4", 20)):
        write_clip(tmp_path / name, [number / 30 for number in range(frames)])
    parts = split(find_videos([tmp_path]), 2)
    assert [[task.video.name for task in part] for part in parts] == [["long.mp4"], ["a.mkv", "b.mov", "c.mp4"]]
