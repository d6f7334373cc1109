"""A sample of the campaign in `tests/campaigns/kill.py`: no result is half written, whatever ends or stops a run."""

import sys

import pytest

from tests.campaigns.kill import full_disk_campaign, kill_campaign, small_disk_campaign

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 and limits of POSIX")


def test_runs_that_are_killed(tmp_path, face_clip):
    found = kill_campaign(tmp_path / "kill", face_clip, kills=4, seed=1, videos=2)
    assert found["complete runs"] == 2
    assert found["killed at any moment"] + found["killed while it wrote"] == 4


def test_a_full_disk(tmp_path, face_clip):
    full_disk_campaign(tmp_path / "limit", face_clip, [500])


def test_a_disk_that_is_full_or_becomes_read_only(tmp_path, face_clip):
    try:
        small_disk_campaign(tmp_path / "small", face_clip, ["16k"])
    except OSError as error:
        pytest.skip(str(error))
