"""Installing over an older version keeps the user's weights, their description, and changed default values."""

import json
from datetime import date
from pathlib import Path

import pytest

from rbdm.client.install import install
from rbdm.files.resources import module_folder

TODAY = f"before-{date.today()}"


@pytest.fixture
def module(tmp_path: Path) -> Path:
    return install(tmp_path)


def again(module: Path) -> list[str]:
    """What is said when the module is installed over itself."""
    said: list[str] = []
    install(module.parents[1], said.append)
    assert said.pop().startswith("restart the server")
    return said


def test_the_users_weights_stay(module: Path) -> None:
    mine, official = module / "weights" / "mine.keras", module / "weights" / "official.h5"
    mine.write_bytes(b"mine")
    official.write_bytes(b"official")
    (module / "notes").mkdir()
    (module / "notes" / "study.txt").write_text("ours")
    (module / "__pycache__").mkdir()
    (module / "__pycache__" / "x.pyc").touch()
    assert again(module) == [f"kept {Path(*name)}" for name in (
        ("notes", "study.txt"), ("weights", "mine.keras"), ("weights", "official.h5"),
    )]  # fmt: skip
    assert (mine.read_bytes(), official.read_bytes()) == (b"mine", b"official")
    assert (module / "notes" / "study.txt").read_text() == "ours" and not (module / "__pycache__").exists()


def test_official_weights_that_the_user_has_put_there_stay(module: Path) -> None:
    """The manifest names them, but they never come with the module."""
    manifest = module / "weights" / "manifest.json"
    entries = json.loads(manifest.read_text())
    file = module / "weights" / entries["official"]["file"]
    file.write_bytes(b"")
    entries["official"]["sha256"] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    manifest.write_text(json.dumps(entries))
    again(module)
    assert file.is_file()


def test_weights_of_an_older_version_go(module: Path) -> None:
    manifest = module / "weights" / "manifest.json"
    entries = json.loads(manifest.read_text())
    entries["open"] |= {"file": "old.h5", "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
    manifest.write_text(json.dumps(entries))
    (module / "weights" / "old.h5").touch()
    said = again(module)
    assert not (module / "weights" / "old.h5").exists()
    assert said == [f"the older manifest of the weights is now {Path('weights', f'manifest.json.{TODAY}')}"]


def test_the_description_of_the_users_weights_stays(module: Path) -> None:
    """Without it, the weights would be read with other colours and another order of classes."""
    manifest = module / "weights" / "manifest.json"
    delivered = json.loads(manifest.read_text())
    mine = delivered["open"] | {"name": "mine", "file": "mine.h5", "sha256": "", "tflite": "", "tflite_sha256": ""}
    manifest.write_text(json.dumps(delivered | {"mine": mine}))
    (module / "weights" / "mine.h5").write_bytes(b"mine")
    said = again(module)
    assert said == [f"kept {Path('weights', 'mine.h5')}", "kept the description of the weights mine"]
    kept = json.loads(manifest.read_text())
    assert kept["mine"]["color"] == "grey" and kept.keys() - {"mine"} == delivered.keys()


def test_a_file_of_ours_that_the_user_has_changed_gets_a_dated_name(module: Path) -> None:
    changed = module / "weights" / "face_detection_back.tflite"
    changed.write_bytes(b"another detector")
    assert again(module) == [f"kept {Path('weights', f'{changed.name}.{TODAY}')}"]
    assert changed.read_bytes() == (module_folder() / "weights" / changed.name).read_bytes()
    assert changed.with_name(f"{changed.name}.{TODAY}").read_bytes() == b"another detector"


def test_a_manifest_that_cannot_be_read_gets_a_dated_name(module: Path) -> None:
    (module / "weights" / "manifest.json").write_text("{broken")
    assert f"the older manifest of the weights is now {Path('weights', f'manifest.json.{TODAY}')}" in again(module)
    assert (module / "weights" / f"manifest.json.{TODAY}").read_text() == "{broken"


def edit(trainer: Path, *changes: tuple[str, str]) -> None:
    text = trainer.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    trainer.write_text(text, encoding="utf-8")


def test_changed_default_values_stay(module: Path) -> None:
    trainer = module / "rbdm.trainer"
    edit(
        trainer,
        ("{weights:STRING:auto}", "{weights:STRING:official}"),
        ("{num_expressions:LIST:8,5}", "{num_expressions:LIST:5,8}"),
        ('id="expression" data="annotation:Discrete" default_value="expression"',
         'id="expression" data="annotation:Discrete" default_value="emotion"'),
    )  # fmt: skip
    wanted = trainer.read_text(encoding="utf-8")
    said = again(module)
    assert said == [f"kept the default value of {name}" for name in (
        "weights: official", "num_expressions: 5,8", "expression: emotion",
    )]  # fmt: skip
    assert trainer.read_text(encoding="utf-8") == wanted
    assert again(module) == said, "and the next time"


def test_a_new_default_of_ours_counts_where_the_user_has_changed_nothing(module: Path) -> None:
    """The older version was delivered with another default than today's."""
    for file in (module / "rbdm.trainer", module / "rbdm" / "delivered.xml"):
        edit(file, ("{batch_size:STRING:16}", "{batch_size:STRING:32}"))
    assert again(module) == []
    assert "{batch_size:STRING:16}" in (module / "rbdm.trainer").read_text(encoding="utf-8")


def test_a_version_that_kept_no_delivered_trainer(module: Path) -> None:
    """Versions before 1.2 did not: what differs from today's counts as the user's."""
    (module / "rbdm" / "delivered.xml").unlink()
    edit(module / "rbdm.trainer", ("{stride:STRING:1}", "{stride:STRING:5}"))
    assert again(module) == ["kept the default value of stride: 5"]


def test_values_that_are_not_allowed_do_not_stay(module: Path) -> None:
    edit(module / "rbdm.trainer", ("{stride:STRING:1}", "{stride:STRING:0}"))
    assert again(module) == ["option stride is 1 again: '0' is not allowed any more"]
