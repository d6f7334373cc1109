"""One holder at a time; a lock ends when it is released, and its file goes with it."""

import pytest

from rbdm.files.locks import acquire


def test_a_second_holder_waits_for_the_first(tmp_path):
    first = acquire(tmp_path / "lock")
    assert first is not None and acquire(tmp_path / "lock") is None
    first.release()
    assert list(tmp_path.iterdir()) == []
    second = acquire(tmp_path / "lock")
    assert second is not None
    second.close()
    assert [file.name for file in tmp_path.iterdir()] == ["lock"]


def test_a_lock_file_that_its_last_holder_removes_is_made_anew(tmp_path, monkeypatch):
    """A process opens the lock file, and its holder removes it before the process gets the lock."""
    from rbdm.files import locks

    lock, path = locks._lock, tmp_path / "lock"

    def removed_meanwhile(descriptor: int) -> None:
        monkeypatch.setattr(locks, "_lock", lock)
        path.unlink()
        lock(descriptor)

    monkeypatch.setattr(locks, "_lock", removed_meanwhile)
    held = acquire(path)
    assert held is not None and path.exists() and acquire(path) is None
    held.release()


def test_a_lock_file_is_made_only_if_wanted(tmp_path):
    with pytest.raises(FileNotFoundError):
        acquire(tmp_path / "lock", create=False)
