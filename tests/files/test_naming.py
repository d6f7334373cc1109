"""Files of a video are called as NOVA calls them."""

from pathlib import Path

from rbdm.files.naming import annotation_paths, box_stream_path, data_path, folded, folds_names, printable, unused


def test_the_files_of_a_video(tmp_path):
    names = {name: path.name for name, path in annotation_paths(tmp_path, "talk").items()}
    assert names == {name: f"talk.{name}.annotation" for name in ("expression", "valence", "arousal")}
    assert box_stream_path(tmp_path, "talk") == tmp_path / "talk.face_bounding_box.stream"
    assert data_path(tmp_path / "a.stream") == tmp_path / "a.stream~"


def test_in_a_folder_of_nova_the_stream_is_called_after_the_role():
    assert box_stream_path(Path(), "guest.video").name == "guest.face_bounding_box.stream"


def test_a_name_of_any_bytes_can_be_printed():
    assert printable("ä\udcff.mp4") == "ä\\udcff.mp4"


def test_whether_a_folder_distinguishes_capital_letters_is_tried_out(tmp_path, monkeypatch):
    (tmp_path / "A").touch()
    assert folds_names(tmp_path / "not" / "yet") == (tmp_path / "a").exists()
    monkeypatch.setattr("os.path.exists", lambda path: True)
    assert folds_names(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["A"]
    assert folded("Rene\u0301.MP4") == folded("ren\u00e9.mp4")


def test_control_characters_become_escape_sequences() -> None:
    for letter in ("\0", "\x1b", "\n", "\x7f", "\x9b", "\u2028", "\u202e", "\u2066"):
        assert printable(f"a{letter}b").isprintable() and printable(f"a{letter}b").startswith("a\\")
    for name in ("ä ß.mp4", "日本", "10.00\u202fAM", "a\\b", "👩\u200d💻"):
        assert printable(name) == name


def test_a_name_that_is_not_used(tmp_path: Path) -> None:
    taken = unused(tmp_path / "a", "before")
    assert taken == tmp_path / "a.before"
    taken.touch()
    assert unused(tmp_path / "a", "before") == tmp_path / "a.before-2"
