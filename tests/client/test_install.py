"""Installing puts the whole module where a server finds it, or nothing; the module's files are as servers read them."""

import re
import shutil
from dataclasses import fields
from datetime import date
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

import rbdm
from rbdm.client.install import install
from rbdm.errors import OutputError
from rbdm.files.resources import module_folder
from rbdm.options import Options


def test_module_is_complete(tmp_path: Path) -> None:
    (tmp_path / "cml").mkdir()
    folder = install(tmp_path / "cml")
    assert folder == (tmp_path / "cml" / "modules" / "rbdm").resolve()
    assert {path.name for path in folder.iterdir()} == {
        "rbdm",
        "rbdm.py",
        "rbdm.trainer",
        "requirements.txt",
        "version.py",
        "weights",
    }
    assert not list(folder.rglob("__pycache__"))
    assert [path.name for path in folder.rglob("*.trainer")] == ["rbdm.trainer"], "the server would list each"
    assert [path.name for path in folder.parent.iterdir()] == ["rbdm"]


def test_older_module_is_replaced_as_a_whole(tmp_path: Path) -> None:
    installed = install(tmp_path)
    (installed / "rbdm" / "old.py").touch()
    said: list[str] = []
    install(tmp_path, said.append)
    assert not (installed / "rbdm" / "old.py").exists() and (installed / "rbdm.trainer").is_file()
    assert said == ["restart the server: until then it may run the old version"]


def test_the_first_module_needs_no_restart(tmp_path: Path) -> None:
    (tmp_path / "modules" / "rbdm").mkdir(parents=True)
    said: list[str] = []
    install(tmp_path, said.append)
    assert not said and [path.name for path in (tmp_path / "modules").iterdir()] == ["rbdm"]


def test_another_module_of_this_name_is_kept(tmp_path: Path) -> None:
    """hcmlab has a module of this name, too."""
    other = tmp_path / "modules" / "rbdm"
    for content in ("first", "second"):
        shutil.rmtree(other, ignore_errors=True)
        other.mkdir(parents=True)
        (other / "rbdm.py").write_text(content)
        said: list[str] = []
        install(tmp_path, said.append)
        assert len(said) == 2 and "another module was there" in said[0] and "restart" in said[1]
    assert (other / "rbdm.trainer").is_file()
    today = f"rbdm.before-{date.today()}"
    asides = {path.name: (path / "rbdm.py").read_text() for path in other.parent.glob("rbdm.*")}
    assert asides == {today: "first", f"{today}-2": "second"}


def test_older_module_stays_when_copying_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older = tmp_path / "modules" / "rbdm"
    older.mkdir(parents=True)
    (older / "old.py").touch()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(OutputError, match="No space left on device"):
        install(tmp_path)
    assert [path.name for path in older.parent.rglob("*")] == ["rbdm", "old.py"]


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "modules").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        install(tmp_path)


def test_a_mistyped_folder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no such folder"):
        install(tmp_path / "cmll")
    assert not (tmp_path / "cmll").exists()


def test_trainer_is_what_the_server_reads() -> None:
    xml = pytest.importorskip("discover_utils.utils.ssi_xml_utils", reason="needs the extra server")
    filters = pytest.importorskip("discover_utils.utils.request_utils").parse_cml_filter
    trainer = xml.Trainer()
    trainer.load_from_file(module_folder() / "rbdm.trainer")
    assert (trainer.model_create, trainer.model_script_path) == ("RBDM", "rbdm.py")
    assert trainer.meta_is_iterable is False and trainer.info_trained is True
    assert {(io.io_type, io.io_id, io.io_data, io.io_default_value) for io in trainer.meta_io} == {
        ("input", "input_data", "stream:Video", "video"),
        ("input", "face_bb", "stream:SSIStream:blazeface", "face_bounding_box"),
        ("output", "expression", "annotation:Discrete", "expression"),
        ("output", "valence", "annotation:Continuous", "valence"),
        ("output", "arousal", "annotation:Continuous", "arousal"),
    }
    for io in trainer.meta_io:
        filters(io.io_data)


def test_trainer_offers_every_option_with_its_default() -> None:
    text = (module_folder() / "rbdm.trainer").read_text(encoding="utf-8")
    optstr = re.search(r'optstr="([^"]*)"', text)
    assert optstr
    offered = {}
    for option in optstr[1].split(";"):
        name, kind, default = option.strip("{}").split(":")
        assert kind in ("STRING", "BOOL", "LIST")
        offered[name] = default.split(",")[0]
        for value in default.split(","):
            Options.parse({name: value})
    assert list(offered) == [field.name for field in fields(Options)]
    assert Options.parse(offered) == Options()


@pytest.mark.filterwarnings("ignore:the load_module:DeprecationWarning")
def test_the_module_has_the_version_of_the_package(tmp_path: Path) -> None:
    loaded = SourceFileLoader("version", str(install(tmp_path) / "version.py")).load_module()
    assert loaded.__version__ == rbdm.__version__


def test_requirements_are_lines_that_the_server_can_read() -> None:
    for line in (module_folder() / "requirements.txt").read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"[a-z0-9-]+>=[0-9.]+(,(<|!=)[0-9.*]+)?", line), "the server copies and searches the lines"
