"""The shortcut of each system: what is written. On Linux its own validator reads it, if it is installed."""

import plistlib
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rbdm.app.shortcut import install, linux, macos, windows
from rbdm.errors import OutputError

ODD = Path('/home/anna b/50% "new"/$HOME/`x`\\y/python')


def unquoted(command: str) -> list[str]:
    """The arguments of `Exec`, as the specification of desktop entries says: first the value, then the quotes."""
    value = command.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")
    quoted = re.findall(r'"((?:[^"\\]|\\.)*)"', value.replace("%%", "%"))
    return [re.sub(r"\\(.)", r"\1", argument) for argument in quoted]


def test_the_entry_of_linux_starts_this_python(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    path = install.install_shortcut()
    assert path == tmp_path / "applications" / "rbdm.desktop"
    lines = dict(line.split("=", 1) for line in path.read_text().splitlines()[1:])
    assert unquoted(lines["Exec"]) == [sys.executable, "-P", "-m", "rbdm", "app"]
    assert lines["Terminal"] == "false" and Path(lines["Icon"]).is_file()


def test_a_path_with_odd_signs_is_quoted():
    lines = dict(line.split("=", 1) for line in linux.entry(ODD, ["app"]).splitlines()[1:])
    assert unquoted(lines["Exec"]) == [str(ODD), "app"]


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="needs desktop-file-validate")
@pytest.mark.parametrize("python", [Path(sys.executable), ODD])
def test_the_validator_accepts_the_entry(tmp_path, python):
    path = linux.install(tmp_path, python, install.MODULE)
    done = subprocess.run(["desktop-file-validate", str(path)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_bundle_of_macos_runs_a_script(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    path = install.install_shortcut()
    assert path == tmp_path / "Applications" / "rbdm.app"
    info = plistlib.loads((path / "Contents" / "Info.plist").read_bytes())
    program = path / "Contents" / "MacOS" / info["CFBundleExecutable"]
    first, second = program.read_text().splitlines()
    assert first == "#!/bin/sh"
    assert shlex.split(second) == ["exec", sys.executable, "-P", "-m", "rbdm", "app"]
    assert program.stat().st_mode & 0o111 or sys.platform == "win32"
    assert install.install_shortcut() == path


def test_the_bundle_quotes_odd_signs(tmp_path):
    path = macos.install(tmp_path, ODD, ["app"])
    script = (path / "Contents" / "MacOS" / "rbdm").read_text().splitlines()[1]
    assert shlex.split(script) == ["exec", str(ODD), "app"]


def test_windows_gets_the_python_without_a_window(tmp_path, monkeypatch):
    (tmp_path / "Python 3").mkdir()
    for name in ("python.exe", "pythonw.exe"):
        (tmp_path / "Python 3" / name).write_text("")
    asked = {}

    def run(command, *, env, **options):
        asked.update(env, command=command)
        Path(env["RBDM_LINK"]).write_text("")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(windows.subprocess, "run", run)
    link = windows.install(tmp_path / "Roaming", tmp_path / "Python 3" / "python.exe", install.MODULE)
    assert link == tmp_path / "Roaming/Microsoft/Windows/Start Menu/Programs/rbdm.lnk"
    assert asked["RBDM_TARGET"] == str(tmp_path / "Python 3" / "pythonw.exe")
    assert asked["RBDM_ARGUMENTS"] == "-P -m rbdm app"
    assert "$env:RBDM_TARGET" in asked["command"][-1] and str(tmp_path) not in asked["command"][-1]


def test_why_windows_refuses_is_said(tmp_path, monkeypatch):
    refused = subprocess.CompletedProcess([], 1, "", "Access\r\n denied")
    monkeypatch.setattr(windows.subprocess, "run", lambda *command, **options: refused)
    with pytest.raises(OutputError, match=r"rbdm.lnk: Windows cannot write the shortcut: Access denied"):
        windows.install(tmp_path, Path("python.exe"), install.MODULE)


def test_a_folder_that_cannot_be_written_is_said(tmp_path, monkeypatch):
    (tmp_path / "applications").write_text("no folder")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(OutputError, match="cannot be written"):
        install.install_shortcut()
