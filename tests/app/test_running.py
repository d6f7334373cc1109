"""There is one app for each user, and only this user can read where it is."""

import os
import stat

import pytest

from rbdm.app.running import Running, become_the_one, forget_running, read_running, state_folder, write_running
from rbdm.errors import RbdmError


def test_one_process_at_a_time_is_the_app(tmp_path):
    lock = become_the_one(tmp_path)
    assert lock is not None and become_the_one(tmp_path) is None
    lock.close()
    again = become_the_one(tmp_path)
    assert again is not None
    again.close()


def test_where_it_is_is_read_by_its_user_only(tmp_path):
    running = Running(os.getpid(), 4711, "secret")
    write_running(tmp_path, running)
    assert read_running(tmp_path) == running
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "running.json").stat().st_mode) & 0o077 == 0
    forget_running(tmp_path)
    forget_running(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [None, "", "{}", '{"pid": 1}', "[]", '{"pid": 999999999, "port": 1, "secret": ""}'])
def test_an_app_that_does_not_say_where_it_is_is_an_error(tmp_path, content):
    if content is not None:
        (tmp_path / "running.json").write_text(content)
    with pytest.raises(RbdmError, match="does not answer: try again"):
        read_running(tmp_path, patience=0.1)


@pytest.mark.skipif(os.name != "posix", reason="other systems have other folders")
def test_the_folder_is_private(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = state_folder()
    assert folder.is_relative_to(tmp_path) and stat.S_IMODE(folder.stat().st_mode) == 0o700
