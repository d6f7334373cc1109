"""What a killed process left is removed by the next write; the files of a running process are not."""

import json
import os
from pathlib import Path

import pytest

from rbdm.errors import OutputError
from rbdm.files import leftovers
from rbdm.files.atomic import atomic_write, atomic_write_all
from rbdm.files.leftovers import host


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def write(path: Path) -> None:
    with atomic_write(path) as temporary:
        temporary.write_text("new")


def leave(folder: Path, host: str, final: str = "a.txt") -> tuple[Path, Path]:
    """What a process leaves that was killed while it wrote `final`: its claim, and a temporary file."""
    claim, temporary = folder / ".rbdm-01234567.lock", folder / f".rbdm-01234567-abcd0-{final}"
    claim.write_text(json.dumps({"host": host, "names": {temporary.name: final}}))
    temporary.write_text("half")
    return claim, temporary


def test_what_a_killed_process_left_is_removed_at_once(tmp_path):
    leave(tmp_path, host())
    (tmp_path / ".rbdm-01234567-ef010-a.txt~").write_text("half of a nested write")
    (tmp_path / ".rbdm-writing").touch()
    leftovers.remove_leftovers(tmp_path)
    assert names(tmp_path) == set()
    leave(tmp_path, host())
    write(tmp_path / "b.txt")
    assert names(tmp_path) == {"b.txt"}


def test_the_files_of_a_running_write_stay(tmp_path):
    with atomic_write_all({"a": tmp_path / "a.txt"}) as temporary:
        temporary["a"].write_text("whole")
        os.utime(temporary["a"], (0, 0))  # an overlay can take longer than a day
        write(tmp_path / "b.txt")
        with atomic_write(temporary["a"]) as nested:
            nested.write_text("nested")
            write(tmp_path / "c.txt")
    assert names(tmp_path) == {"a.txt", "b.txt", "c.txt"}
    assert (tmp_path / "a.txt").read_text() == "nested"


def test_the_files_of_another_machine_stay_for_a_day(tmp_path):
    """A folder may be on a network drive whose locks do not reach from one machine to another."""
    claim, temporary = leave(tmp_path, "another machine")
    write(tmp_path / "b.txt")
    assert names(tmp_path) == {"b.txt", claim.name, temporary.name}
    os.utime(claim, (0, 0))
    write(tmp_path / "b.txt")
    assert names(tmp_path) == {"b.txt"}


def test_two_machines_of_one_name_are_two_machines(tmp_path, monkeypatch):
    """Many machines are called `localhost`. What one of them is writing is no leftover for the other."""
    monkeypatch.setattr("platform.node", lambda: "localhost")
    boot = tmp_path / "boot_id"
    monkeypatch.setattr(leftovers, "_BOOT_ID", boot)
    boot.write_text("first machine\n")
    here = host()
    boot.write_text("second machine\n")
    assert host() != here
    (tmp_path / "results").mkdir()
    claim, temporary = leave(tmp_path / "results", here)
    leftovers.remove_leftovers(tmp_path / "results")
    assert names(tmp_path / "results") == {claim.name, temporary.name}
    boot.write_text("first machine\n")
    leftovers.remove_leftovers(tmp_path / "results")
    assert names(tmp_path / "results") == set()


def test_a_system_without_the_number_of_its_start_has_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr("platform.node", lambda: "lab")
    monkeypatch.setattr(leftovers, "_BOOT_ID", tmp_path / "none")
    assert host() == "lab"


def test_a_claim_that_cannot_be_read_stays_for_a_day(tmp_path):
    for content in ("", "[]", '{"host": 1}', '{"host": "x", "names": 3}'):
        (tmp_path / ".rbdm-01234567.lock").write_text(content)
        write(tmp_path / "b.txt")
        assert names(tmp_path) == {"b.txt", ".rbdm-01234567.lock"}


def test_a_file_that_lost_its_name_gets_it_back(tmp_path):
    """Without hard links, a replaced file has no name for a moment. A kill in this moment must not lose it."""
    _, temporary = leave(tmp_path, host())
    leftovers.old_path(temporary).write_text("before")
    write(tmp_path / "b.txt")
    assert names(tmp_path) == {"a.txt", "b.txt"} and (tmp_path / "a.txt").read_text() == "before"
    leave(tmp_path, host())
    leftovers.old_path(temporary).write_text("older")
    write(tmp_path / "b.txt")
    assert names(tmp_path) == {"a.txt", "b.txt"} and (tmp_path / "a.txt").read_text() == "before"


def test_a_write_waits_for_another_one_and_says_so_if_it_hangs(tmp_path, monkeypatch):
    monkeypatch.setattr(leftovers, "_LONGEST_WAIT", 0.05)
    with (
        leftovers.one_at_a_time({tmp_path}),
        pytest.raises(OutputError, match="another program has been writing here"),
        atomic_write(tmp_path / "a.txt") as temporary,
    ):
        temporary.write_text("new")
    write(tmp_path / "a.txt")
    assert names(tmp_path) == {"a.txt"}


def test_a_file_system_without_locks_still_takes_files(tmp_path, monkeypatch):
    def no_locks(path: Path, *, create: bool = True) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(leftovers, "acquire", no_locks)
    write(tmp_path / "a.txt")
    assert names(tmp_path) == {"a.txt"}
