"""The option `weights` means one file. Damaged weights are never used; a file in the cache is not downloaded again."""

import json
import shutil
from dataclasses import asdict

import pytest

from rbdm.files.resources import BUNDLED
from rbdm.network.manifest import read_manifest
from rbdm.network.weights import added_weights, find_weights
from tests.support.bundle import MODEL, OFFICIAL, OPEN, refused, resolve_saying, sha256

# open


def test_open_weights_come_with_the_package_and_need_no_network(bundle, downloads):
    weights, said = resolve_saying("open")
    assert weights.path == bundle.folder / "open.weights.h5"
    assert weights.tflite == bundle.folder / "open.tflite"
    assert (weights.entry.name, weights.sha256) == ("open-v0", sha256(OPEN))
    assert (said, downloads, bundle.in_cache()) == ([], [], [])


@pytest.mark.parametrize("name", ["open.weights.h5", "open.tflite"])
@pytest.mark.parametrize("asked", ["open", "auto"])
def test_damaged_open_weights_are_an_error_that_names_the_file(bundle, downloads, name, asked):
    (bundle.folder / name).write_bytes(OPEN + MODEL)
    message = refused(asked)
    assert str(bundle.folder / name) in message
    assert "SHA-256" in message


def test_missing_open_weights_are_an_error_that_names_the_file(bundle):
    (bundle.folder / "open.weights.h5").unlink()
    assert str(bundle.folder / "open.weights.h5") in refused("open")


def test_the_weights_that_come_along_are_those_the_manifest_says():
    weights = find_weights("open")
    assert weights.path.parent == BUNDLED
    assert weights.tflite is not None
    assert weights.entry.licence


# folders of weights


def test_a_folder_that_was_put_beside_them_is_known_by_its_name(bundle, tmp_path):
    folder = bundle.folder / "smiles"
    folder.mkdir()
    write_folder(folder)
    weights, said = resolve_saying("smiles")
    assert (weights.entry.name, weights.path) == ("smiles", folder / "smiles.tflite")
    assert weights.tflite == weights.path and not weights.is_keras and said == []
    assert added_weights() == {"smiles": folder}
    assert find_weights(str(folder)) == weights


def test_a_folder_must_describe_one_file(bundle, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "no such file, or folder with manifest.json" in refused(str(tmp_path / "empty"))
    assert "describes 2 files: name one of them" in refused(str(bundle.folder))


def test_a_damaged_model_in_a_folder_is_an_error(bundle, tmp_path):
    write_folder(tmp_path)
    (tmp_path / "smiles.tflite").write_bytes(OPEN)
    assert "SHA-256" in refused(str(tmp_path))
    (tmp_path / "smiles.tflite").unlink()
    assert "smiles.tflite" in refused(str(tmp_path))


def write_folder(folder):
    (folder / "smiles.tflite").write_bytes(MODEL)
    entry = {"name": "smiles", "file": "smiles.tflite", "sha256": sha256(MODEL), "crop_scale": 0.85}
    (folder / "manifest.json").write_text(json.dumps({"smiles": entry}), encoding="utf-8")


# official and auto


def test_official_weights_put_into_the_cache_by_hand_are_not_downloaded(bundle, downloads):
    bundle.put_into_cache(OFFICIAL)
    assert find_weights("official").path == bundle.cached
    assert downloads == []


def test_official_weights_that_were_not_fetched_are_an_error_that_says_how(bundle, downloads):
    assert "rbdm weights fetch official" in refused("official")
    assert downloads == []


def test_auto_means_open_until_the_official_weights_were_fetched_and_never_uses_the_network(bundle, downloads):
    weights, said = resolve_saying("auto")
    assert weights == find_weights("open")
    assert len(said) == 1
    assert said[0].startswith("weights: open (")
    assert "rbdm weights fetch official" in said[0]
    bundle.put_into_cache(OFFICIAL)
    weights, said = resolve_saying("auto")
    assert weights == find_weights("official")
    assert said == ["weights: official (CC BY-NC-ND 4.0)"]
    assert downloads == []


def test_in_a_server_auto_downloads_and_means_open_only_where_that_fails(bundle, downloads):
    weights, said = resolve_saying("auto", download=True)
    assert weights == find_weights("open")
    assert downloads == ["http://127.0.0.1:9/official.h5"]
    assert said[-1].startswith("weights: open (official-v0 cannot be downloaded")
    bundle.put_into_cache(OFFICIAL)
    weights, said = resolve_saying("auto", download=True)
    assert weights == find_weights("official")
    assert said == ["weights: official (CC BY-NC-ND 4.0)"]
    assert len(downloads) == 1


@pytest.mark.parametrize("asked", ["official", "auto"])
def test_a_cached_file_with_another_hash_is_an_error_and_not_replaced(bundle, downloads, asked):
    bundle.put_into_cache(b"tampered with")
    message = refused(asked)
    assert str(bundle.cached) in message
    assert "SHA-256" in message
    assert bundle.cached.read_bytes() == b"tampered with"
    assert downloads == []


# a path


def test_a_file_nobody_has_described_is_taken_to_be_like_the_official_ones(bundle, tmp_path):
    path = tmp_path / "ours.h5"
    path.write_bytes(b"ours")
    weights, said = resolve_saying(str(path))
    assert len(said) == 1
    assert "ours.h5" in said[0]
    assert (weights.path, weights.sha256, weights.tflite) == (path, sha256(b"ours"), None)
    official = asdict(read_manifest(bundle.folder / "manifest.json")["official"])
    differing = {"name": "ours.h5", "file": "ours.h5", "sha256": sha256(b"ours"), "url": "", "licence": ""}
    assert asdict(weights.entry) == official | differing


def test_a_file_is_known_by_its_content_whatever_its_name(bundle, tmp_path):
    path = tmp_path / "downloaded (1).h5"
    path.write_bytes(OFFICIAL)
    weights = find_weights(str(path))
    assert (weights.path, weights.entry.name) == (path, "official-v0")


def test_open_weights_copied_without_their_model_are_known_too(bundle, tmp_path):
    path = tmp_path / "copy.weights.h5"
    shutil.copy(bundle.folder / "open.weights.h5", path)
    weights = find_weights(str(path))
    assert (weights.path, weights.entry.name, weights.entry.color) == (path, "open-v0", "grey")
    assert weights.tflite is None or weights.tflite.read_bytes() == MODEL


def test_the_manifest_in_a_files_own_folder_describes_it(bundle, tmp_path):
    path = tmp_path / "trained.weights.h5"
    path.write_bytes(b"trained")
    entry = {"name": "mine", "file": path.name, "sha256": sha256(b"trained"), "crop_scale": 1.5, "color": "grey"}
    (tmp_path / "manifest.json").write_text(json.dumps({"mine": entry}), encoding="utf-8")
    weights, said = resolve_saying(str(path))
    assert (weights.entry.name, weights.entry.crop_scale, weights.entry.color) == ("mine", 1.5, "grey")
    assert said == []
    path.write_bytes(b"trained again")
    message = refused(str(path))
    assert str(path) in message
    assert str(tmp_path / "manifest.json") in message


def test_a_litert_model_is_used_as_it_is_where_a_manifest_knows_it(bundle, tmp_path):
    path = tmp_path / "mine.tflite"
    path.write_bytes(MODEL)
    weights = find_weights(str(path))
    assert (weights.path, weights.tflite, weights.sha256) == (path, path, sha256(MODEL))
    assert (weights.entry.name, weights.is_keras) == ("open-v0", False)
    path.write_bytes(b"another model")
    assert str(path) in refused(str(path))


@pytest.mark.parametrize("name", ["opne", "missing.h5", "."])
def test_what_is_neither_a_name_nor_a_file_is_an_error_that_lists_the_names(bundle, name):
    message = refused(name)
    assert repr(name) in message
    assert "auto, open, official" in message
