"""`rbdm` as a program of its own: what it imports, where it prints, and how it ends."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rbdm.ssi import Stream, read_stream, write_stream
from tests.support.command_line import CPU, PROGRAM, copy_stream, names, program, six_files, write_picture, write_study
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory, face_clip: tuple[Path, Path]) -> Path:
    """A picture of a face with its box stream beside it: the shortest video there is."""
    path = write_picture(tmp_path_factory.mktemp("picture") / "good.png", face_clip[0])
    write_stream(path.with_suffix(".stream"), Stream(read_stream(face_clip[1]).data[:1], 25))
    return path


def test_open_weights_on_a_cpu_import_neither_tensorflow_nor_keras(picture, tmp_path):
    script = """
import sys
from rbdm.cli.main import run
assert run(sys.argv[1:]) == 0
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""
    done = program(script, "annotate", picture, "--out", tmp_path, *CPU)
    assert done.returncode == 0, done.stderr
    imported = done.stdout.splitlines()[-1].split()
    assert {"rbdm", "cv2", "av"} <= set(imported)
    heavy = {"tensorflow", "keras", "tf_keras", "torch", "jax", "matplotlib", "h5py", "discover_utils", "skimage"}
    assert heavy.isdisjoint(imported)


def test_a_command_starts_without_what_only_other_commands_need():
    done = program("import sys; from rbdm.cli.main import run; run(['--help']); print(*sys.modules, file=sys.stderr)")
    assert done.returncode == 0
    assert {"av", "cv2", "rbdm.study", "rbdm.annotator"}.isdisjoint(done.stderr.splitlines()[-1].split())


def test_it_works_where_the_terminal_lacks_letters_of_a_file_name(picture, tmp_path):
    """Where output goes into a pipe, Windows encodes it in the code page of its language."""
    video = Path(shutil.copy(picture, tmp_path / "выступление.png"))
    copy_stream(picture.with_suffix(".stream"), video.with_suffix(".stream"))
    script = "from rbdm.cli.main import main; main()"
    done = program(script, "annotate", video, "--out", tmp_path / "out", *CPU, PYTHONIOENCODING="cp1252")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert names(tmp_path / "out") == six_files(video.stem)
    done = program(script, "weights", "list", PYTHONIOENCODING="cp1252")
    assert done.returncode == 0, done.stderr


@pytest.mark.xdist_group("tensorflow")
def test_weights_of_another_network_are_one_line_that_names_the_layers(keras2, picture, tmp_path, rbdm, monkeypatch):
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "cache"))
    another = keras2.folder / "another.h5"
    code, out, err = rbdm("annotate", picture, "--out", tmp_path / "out", "--weights", another, "--device", "cpu")
    errors = [line for line in err if not line.startswith("weights: ")]
    assert (code, out, len(errors)) == (1, [], 1)
    assert str(another) in errors[0]
    assert "Conv1" in errors[0]
    assert not (tmp_path / "out").exists()
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_cannot_be_printed_does_not_end_the_work(picture, tmp_path):
    study = write_study(tmp_path / "study", picture)
    command = [sys.executable, "-m", "rbdm", "annotate", str(study), *CPU]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, env=environment, stdout=full, stderr=subprocess.PIPE, text=True)
    assert "standard output cannot be written" in done.stderr
    assert six_files("a") | six_files("b") <= names(study)


def started(*arguments: object) -> subprocess.Popen[str]:
    """`rbdm ARGUMENTS…` in a process of its own, which Ctrl-C can end as on a terminal."""
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(folder: Path, running: subprocess.Popen[str]) -> None:
    while not folder.exists():
        assert running.poll() is None, "the program has ended"
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
def test_ctrl_c_while_a_video_is_decoded(faces_folder, tmp_path):
    video = faces_folder / "WolfgangLanger_Pexels.mp4"
    with started("annotate", video, "--out", tmp_path / "out", *CPU) as running:
        wait_for(tmp_path / "out", running)
        time.sleep(0.5)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=20)
    assert (running.returncode, out, err) == (130, "", "rbdm: interrupted\n")
    assert names(tmp_path / "out") == set()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_ending_the_program_several_times_is_like_ending_it_once(face_clip, tmp_path, kind):
    with started("annotate", face_clip[0], "--overlay", "--out", tmp_path / "out", *CPU) as running:
        wait_for(tmp_path / "out", running)
        for _ in range(3):
            time.sleep(0.1)
            running.send_signal(kind)
        running.communicate(timeout=20)
    # While Python itself ends, signals do again what they do by default.
    assert running.returncode in (130, -kind)
    assert names(tmp_path / "out") in (set(), six_files("face") | {"face.overlay.mp4"})
