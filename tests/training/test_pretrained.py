"""The backbone of the npm package nsfwjs is read into tensors; any other file is refused by its name."""

import tarfile
from pathlib import Path

import numpy as np
import pytest

from rbdm.errors import WeightsError
from rbdm.training.pretrained import read_nsfwjs
from tests.support.labelled_faces import noise
from tests.support.nsfwjs import FOLDER, TENSORS, pack, write_package


class TestStart:
    def test_tensors_by_keras_names(self, tmp_path: Path) -> None:
        found = read_nsfwjs(write_package(tmp_path / "nsfwjs-4.2.0.tgz", TENSORS))
        assert set(found) == {
            "Conv1/kernel",
            "expanded_conv_depthwise/kernel",
            "bn_Conv1/gamma",
            "bn_Conv1/moving_variance",
        }
        assert all(values.dtype == np.float32 for values in found.values())
        np.testing.assert_allclose(found["bn_Conv1/gamma"], [-1.5, 1.05], rtol=1e-6)
        np.testing.assert_allclose(found["Conv1/kernel"], TENSORS["Conv1/kernel"] * 0.01 - 1.5, rtol=1e-5)
        np.testing.assert_allclose(found["expanded_conv_depthwise/kernel"], 0, atol=1e-6)
        np.testing.assert_allclose(found["bn_Conv1/moving_variance"], [0.01, 0.02], atol=1e-6)

    def test_numbers_as_a_minifier_writes_them(self, tmp_path: Path) -> None:
        package = write_package(tmp_path / "n.tgz", TENSORS, '{min:-3e-5,scale:.5e-2,dtype:"uint8"}')
        np.testing.assert_allclose(read_nsfwjs(package)["bn_Conv1/gamma"], [-3e-5, 1.275 - 3e-5], rtol=1e-5)

    @pytest.mark.parametrize(
        "files",
        [
            {},
            {"model.min.js": "weightsManifest"},
            {"model.min.js": "weightsManifest", "group1-shard1of1.min.js": "nothing"},
            {"model.min.js": "weightsManifest", "group1-shard1of1.min.js": 'exports="***"'},
            {"model.min.js": "nothing", "group1-shard1of1.min.js": 'exports="AAAA"'},
            {"model.min.js": "weightsManifest:[]", "group1-shard1of1.min.js": 'exports="AAAA"'},
        ],
        ids=["empty", "no shard", "no content", "no base64", "no manifest", "no tensors"],
    )
    def test_another_package(self, tmp_path: Path, files: dict[str, str]) -> None:
        with pytest.raises(WeightsError, match=r"other\.tgz.*nsfwjs"):
            read_nsfwjs(pack(tmp_path / "other.tgz", files))

    @pytest.mark.parametrize("content", [None, b"", b"nonsense", b"\x1f\x8b\x08\x00 torn"])
    def test_no_package(self, tmp_path: Path, content: bytes | None) -> None:
        if content is not None:
            (tmp_path / "other.tgz").write_bytes(content)
        with pytest.raises(WeightsError, match=r"other\.tgz"):
            read_nsfwjs(tmp_path / "other.tgz")

    def test_truncated(self, tmp_path: Path) -> None:
        package = write_package(tmp_path / "n.tgz", {"Conv1/kernel": noise(20)})
        package.write_bytes(package.read_bytes()[:-2000])
        with pytest.raises(WeightsError, match=r"n\.tgz"):
            read_nsfwjs(package)

    def test_fewer_bytes_than_tensors(self, tmp_path: Path) -> None:
        package = write_package(tmp_path / "n.tgz", TENSORS)
        with tarfile.open(package) as archive:
            manifest = archive.extractfile(f"{FOLDER}/model.min.js")
            assert manifest is not None
            files = {"model.min.js": manifest.read().decode(), "group1-shard1of1.min.js": 'exports="AAAA"'}
        with pytest.raises(WeightsError, match=r"short\.tgz"):
            read_nsfwjs(pack(tmp_path / "short.tgz", files))
