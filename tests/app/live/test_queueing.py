"""Recordings in the queue: those that end, and one that was running when the app was killed."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rbdm.app.live.queueing import RecordingQueue
from rbdm.app.live.recorder import Recording
from rbdm.app.queue.queue import Queue

WEIGHTS: Any = SimpleNamespace(entry=SimpleNamespace(name="rbdm-open-v1"), sha256="ab" * 32)


class Rig:
    """An app's folder and the file of a recording."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.video = folder / "app", folder / "P07.mkv"
        self.folder.mkdir()
        self.video.write_bytes(b"pictures")

    def started(self) -> tuple[Queue, RecordingQueue]:
        """What a start of the app makes; it annotates nothing."""
        queue = Queue(self.folder)
        recordings = RecordingQueue(queue, self.folder)
        recordings.take_up()
        return queue, recordings

    def recording(self, frames: int) -> Recording:
        return Recording(self.video, self.video.with_suffix(".times.csv"), frames, 1.0, 0, 0.04)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_a_recording_that_ends_is_annotated_with_the_weights_that_were_shown(rig: Rig) -> None:
    queue, recordings = rig.started()
    recordings.began(rig.video, WEIGHTS)
    assert queue.runs == []
    assert recordings.ended(rig.recording(25), WEIGHTS) == "It is being annotated: see Analyze."
    for made in (queue, rig.started()[0]):  # also after another start: once
        (run,) = made.runs
        assert (run.weights, run.weights_sha256, run.choices.face) == ("rbdm-open-v1", "ab" * 32, "all")
        assert run.choices.options.every_frame and list(run.choices.wanted) == ["csv", "report", "overlay"]
        assert [(one.task.video, one.task.folder, one.expected) for one in run.videos] == [
            (rig.video, rig.video.parent, 25)
        ]


def test_the_sentence_says_that_the_queue_is_paused(rig: Rig) -> None:
    queue, recordings = rig.started()
    queue.pause(True)
    recordings.began(rig.video, WEIGHTS)
    assert recordings.ended(rig.recording(25), WEIGHTS) == "It waits until the queue goes on: see Analyze."


def test_a_recording_without_frames_is_not_annotated(rig: Rig) -> None:
    queue, recordings = rig.started()
    recordings.began(rig.video, WEIGHTS)
    recordings.ended(rig.recording(0), WEIGHTS)
    assert queue.runs == rig.started()[0].runs == []


def test_a_recording_that_a_kill_has_ended_is_annotated_after_the_next_start_once(rig: Rig) -> None:
    rig.started()[1].began(rig.video, WEIGHTS)
    for _ in range(2):
        (run,) = rig.started()[0].runs
        assert run.weights == "rbdm-open-v1" and [one.task.video for one in run.videos] == [rig.video]


def test_the_note_can_be_read_by_this_user_only(rig: Rig) -> None:
    rig.started()[1].began(rig.video, WEIGHTS)
    (note,) = rig.folder.iterdir()
    assert note.stat().st_mode & 0o77 == 0


@pytest.mark.parametrize("damage", ["gone", "note", "no note"])
def test_without_the_recording_or_with_a_damaged_note_the_app_starts(rig: Rig, damage: str) -> None:
    rig.started()[1].began(rig.video, WEIGHTS)
    (note,) = rig.folder.iterdir()
    if damage == "gone":
        rig.video.unlink()
    else:
        note.write_text("{" if damage == "note" else '{"videos": []}')
    assert rig.started()[0].runs == [] and not note.exists()


def test_a_note_that_cannot_be_written_does_not_stop_the_recording(rig: Rig) -> None:
    queue, recordings = rig.started()
    rig.folder.rmdir()
    rig.folder.touch()
    recordings.began(rig.video, WEIGHTS)
    recordings.ended(rig.recording(25), WEIGHTS)
    assert len(queue.runs) == 1
