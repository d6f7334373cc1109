"""Files are written completely or not at all: after an error or an interruption, what was there is there still."""

import os
import signal
from contextlib import nullcontext
from pathlib import Path

import pytest

from rbdm.errors import OutputError
from rbdm.files.atomic import atomic_replace_folder, atomic_write, atomic_write_all, check_writable
from rbdm.files.naming import data_path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_rename_that_fails_restores_what_was_there(tmp_path, monkeypatch):
    paths = {name: tmp_path / f"{name}.txt" for name in "abc"}
    for name, path in paths.items():
        path.write_text(f"old {name}")
    replace = Path.replace

    def in_use(self: Path, target: Path) -> Path:
        if target == paths["c"] and self.suffix != ".old":
            raise PermissionError(13, "in use by another program", str(self), None, str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", in_use)
    with pytest.raises(OutputError, match=r"c\.txt: cannot be written: in use"), atomic_write_all(paths) as beside:
        for path in beside.values():
            path.write_text("new")
    assert contents(tmp_path) == {f"{name}.txt": f"old {name}".encode() for name in "abc"}


def test_leftovers_of_a_run_ended_by_force_are_removed_a_day_later(tmp_path):
    old, young = tmp_path / ".rbdm-0123-0.mp4", tmp_path / ".rbdm-4567-0.mp4"
    for file in (old, young):
        file.write_bytes(b"half")
    os.utime(old, (0, 0))
    with atomic_write_all({"a": tmp_path / "a.txt"}) as beside:
        beside["a"].write_text("whole")
    assert names(tmp_path) == {"a.txt", young.name}


@pytest.mark.parametrize("hard_links", [True, False])
def test_a_second_writer_does_not_remove_the_copy_that_an_error_needs(tmp_path, monkeypatch, hard_links):
    """The copy is as old as the file that is replaced, and not a leftover."""
    paths = {name: tmp_path / f"{name}.txt" for name in "ab"}
    for name, path in paths.items():
        path.write_text(f"old {name}")
        os.utime(path, (0, 0))
    replace = Path.replace

    def second_writer_then_error(self: Path, target: Path) -> Path:
        if target == paths["b"] and self.suffix != ".old":
            with monkeypatch.context() as other:
                other.setattr(Path, "replace", replace)
                other.setattr("rbdm.files.atomic.one_at_a_time", lambda folders: nullcontext())  # it does not wait
                with atomic_write(tmp_path / "other.txt") as temporary:
                    temporary.write_text("other")
            raise PermissionError(13, "in use by another program", str(self), None, str(target))
        return replace(self, target)

    if not hard_links:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError("no hard links")))
    monkeypatch.setattr(Path, "replace", second_writer_then_error)
    with pytest.raises(OutputError, match=r"b\.txt: cannot be written"), atomic_write_all(paths) as temporary:
        for path in temporary.values():
            path.write_text("new")
    assert {name: path.read_text() for name, path in paths.items()} == {"a": "old a", "b": "old b"}
    assert names(tmp_path) == {"a.txt", "b.txt", "other.txt"}


@pytest.fixture
def ctrl_c():
    """Ctrl-C raises KeyboardInterrupt. A shell lets what it runs in the background ignore it, and that is inherited."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_an_interruption_while_files_get_their_names_waits(tmp_path, monkeypatch):
    replace = Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        signal.raise_signal(signal.SIGINT)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    paths = {name: tmp_path / f"{name}.txt" for name in "ab"}
    with pytest.raises(KeyboardInterrupt), atomic_write_all(paths) as beside:
        for path in beside.values():
            path.write_text("whole")
    assert names(tmp_path) == {"a.txt", "b.txt"}


def test_an_error_leaves_what_was_there(tmp_path):
    (tmp_path / "a.txt").write_text("before")
    with pytest.raises(ZeroDivisionError), atomic_write_all({"a": tmp_path / "a.txt"}) as beside:
        beside["a"].write_text("half")
        1 / 0  # noqa: B018
    assert contents(tmp_path) == {"a.txt": b"before"}


def test_the_data_file_of_a_header_goes_with_it(tmp_path):
    with atomic_write(tmp_path / "a.stream") as beside:
        beside.write_text("header")
        data_path(beside).write_text("data")
        assert not (tmp_path / "a.stream").exists()
    assert contents(tmp_path) == {"a.stream": b"header", "a.stream~": b"data"}


def test_a_folder_is_replaced_completely_or_not_at_all(tmp_path):
    target = tmp_path / "new" / "module"
    for content in ("old", "new"):
        with atomic_replace_folder(target) as folder:
            (folder / f"{content}.txt").write_text(content)
    with pytest.raises(ZeroDivisionError), atomic_replace_folder(target) as folder:
        (folder / "half.txt").write_text("half")
        1 / 0  # noqa: B018
    assert contents(target) == {"new.txt": b"new"}
    assert names(target.parent) == {"module"}


def test_where_no_file_can_be_written_is_an_error_before_the_work(tmp_path):
    check_writable(tmp_path / "new" / "a.stream")
    assert names(tmp_path / "new") == set()
    (tmp_path / "b.stream~").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be replaced: it is a folder"):
        check_writable(tmp_path / "b.stream")
    for path in (tmp_path / "file" / "a.stream", tmp_path / ("n" * 255)):
        with pytest.raises(OutputError, match="cannot write to its folder"):
            check_writable(path)


def test_an_error_of_the_callers_own_work_keeps_its_words(tmp_path):
    """It is no error of the file that was to be written."""
    for error in (ConnectionResetError(104, "reset by peer"), FileNotFoundError(2, "no such file", "video.mp4")):
        with pytest.raises(type(error)) as caught, atomic_write(tmp_path / "a.txt"):
            raise error
        assert caught.value is error
    for error in (OSError(28, "No space left on device"), PermissionError(13, "Permission denied", str(tmp_path))):
        with pytest.raises(OutputError, match="cannot be written"), atomic_write(tmp_path / "a.txt"):
            raise error


def test_a_handler_of_an_embedding_program_is_left_alone(tmp_path, monkeypatch):
    """`signal.getsignal` returns None if a program in C set the handler: it cannot be put back from Python."""
    asked, getsignal = [], signal.getsignal
    monkeypatch.setattr(signal, "getsignal", lambda n: None if n == signal.SIGINT else getsignal(n))
    monkeypatch.setattr(signal, "signal", lambda number, handler: asked.append(number))
    with atomic_write(tmp_path / "a.txt") as temporary:
        temporary.write_text("whole")
    assert signal.SIGINT not in asked and signal.SIGTERM in asked
    assert names(tmp_path) == {"a.txt"}


def test_ctrl_c_works_after_a_write_in_which_signals_cannot_be_handled(tmp_path, monkeypatch):
    """In a sub-interpreter `signal.signal` raises ValueError, after it may have worked for other signals."""
    before, change = signal.getsignal(signal.SIGINT), signal.signal

    def only_sigint(number, handler):
        if number != signal.SIGINT:
            raise ValueError("signal only works in main thread of the main interpreter")
        return change(number, handler)

    monkeypatch.setattr(signal, "signal", only_sigint)
    with atomic_write(tmp_path / "a.txt") as temporary:
        temporary.write_text("whole")
    assert names(tmp_path) == {"a.txt"} and signal.getsignal(signal.SIGINT) is before


def test_what_a_folder_replaces_can_be_kept(tmp_path):
    target, aside = tmp_path / "module", tmp_path / "module.before"
    target.mkdir()
    (target / "theirs.py").write_text("theirs")
    with pytest.raises(ZeroDivisionError), atomic_replace_folder(target, aside):
        1 / 0  # noqa: B018
    assert names(tmp_path) == {"module"} and contents(target) == {"theirs.py": b"theirs"}
    with atomic_replace_folder(target, aside) as folder:
        (folder / "ours.py").write_text("ours")
    assert contents(target) == {"ours.py": b"ours"} and contents(aside) == {"theirs.py": b"theirs"}
    assert names(tmp_path) == {"module", "module.before"}
