"""Uploaded annotations lie in the app's own folder, whatever their names are."""

import pytest

from rbdm.app.results.uploads import Uploads, remove_uploads
from rbdm.errors import InputError


def test_one_file_is_compared_and_of_several_their_folder(tmp_path):
    uploads = Uploads(tmp_path)
    assert uploads.named is None
    uploads.path("a.annotation").write_text("")
    uploads.path("a.annotation~").write_text("")
    assert uploads.named == uploads.folder / "a.annotation"
    uploads.path("b.annotation").write_text("")
    assert uploads.named == uploads.folder
    assert uploads.folder.is_relative_to(tmp_path) and uploads.folder.stat().st_mode & 0o077 == 0
    remove_uploads(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../a.annotation",
            "/etc/a.annotation",
            "a/../../b.annotation",
            "..\\a.annotation",
            "C:a.annotation",
            "a.html",
        ),
        *(".annotation", "..annotation", "a.annotation\0.html", "", "x\0.annotation"),
    ],
)
def test_other_names_are_refused(tmp_path, name):
    with pytest.raises(InputError, match="only annotation files"):
        Uploads(tmp_path).path(name)
    assert list(tmp_path.iterdir()) == []
