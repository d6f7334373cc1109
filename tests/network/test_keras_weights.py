"""A file that is no Keras weights file is refused by its name. (The formats: tests/integration/test_keras.py.)"""

import io
import zipfile

import h5py
import numpy as np
import pytest

from tests.support.networks import unreadable


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as content:
        for name, data in members.items():
            content.writestr(name.replace("_h5", ".weights.h5"), data)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"Dear diary,\n" * 99, archive(config=b"{}"), archive(model_h5=b"text"), b"\x89HDF\r\n\x1a\n" + bytes(500)],
    ids=["empty", "text", "another archive", "archive of text", "only a signature"],
)
def test_what_is_no_weights_file_is_an_error_that_names_it(tmp_path, content):
    path = tmp_path / "mine.h5"
    path.write_bytes(content)
    unreadable(path)


def test_a_missing_file_and_a_folder_are_errors_that_name_them(tmp_path):
    assert "no such" in unreadable(tmp_path / "mine.h5")
    unreadable(tmp_path)


def measurements(file: h5py.File) -> None:
    file["measurements"] = np.arange(5)


def layers_that_are_missing(file: h5py.File) -> None:
    file.attrs["layer_names"] = ["Conv1"]


def weights_without_a_layer(file: h5py.File) -> None:
    file.attrs["layer_names"] = ["Conv1"]
    file.create_group("Conv1").attrs["weight_names"] = ["kernel:0"]
    file["Conv1/kernel:0"] = np.zeros(3, np.float32)


def layers_without_a_name(file: h5py.File) -> None:
    """As the first versions of Keras 3 wrote them."""
    file["layers/conv2d/vars/0"] = np.zeros(3, np.float32)


@pytest.mark.parametrize(
    "write", [measurements, layers_that_are_missing, weights_without_a_layer, layers_without_a_name]
)
def test_hdf5_with_other_content_is_an_error_that_names_it(tmp_path, write):
    path = tmp_path / "mine.h5"
    with h5py.File(path, "w") as file:
        write(file)
    unreadable(path)
