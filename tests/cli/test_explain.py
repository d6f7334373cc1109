"""`rbdm explain` writes pictures and a table, replaces nothing unasked, and names what cannot be explained."""

import csv

import cv2
import pytest

from tests.support.command_line import CPU


def test_pictures_and_a_table_of_a_clip(face_clip, tmp_path, rbdm):
    wanted = ("--class", "Happy", "--class", "valence", "--csv")
    arguments = ("explain", face_clip[0], "--at", "1.0", *wanted, "--out", tmp_path / "new", *CPU)
    code, out, err = rbdm(*arguments)
    assert (code, err, len(out)) == (0, [], 3)
    stem = f"{face_clip[0].stem}.explanation-1.000s"
    names = [f"{stem}.Happy.png", f"{stem}.csv", f"{stem}.valence.png"]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == names
    assert cv2.imread(str(tmp_path / "new" / names[0])).shape[1] > 900
    with (tmp_path / "new" / names[1]).open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 8
    code, out, err = rbdm(*arguments)
    assert (code, out, len(err)) == (1, [], 1) and "--overwrite" in err[0]
    assert rbdm(*arguments, "--overwrite")[0] == 0


def test_the_most_probable_class_of_a_picture(picture, tmp_path, rbdm):
    code, out, _ = rbdm("explain", picture, "--method", "activation", "--out", tmp_path, *CPU)
    assert code == 0 and "Happy" in out[0]
    assert [path.name for path in tmp_path.iterdir()] == [f"{picture.stem}.explanation-0.000s.Happy.png"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--class", "Happy", "--class", "talking"), "'talking' cannot be explained: choose one of Neutral"),
        (("--method", "gradient"), "method is 'gradient': it must be one of relevance, activation"),
        (("--at", "60"), "no frame at 60 s"),
        (("--weights", "open-int8"), "only 32-bit weights can be explained"),
        (("--face", "all"), "face"),
        (("--face", "largest", "--faces", "a.stream"), "--faces"),
    ],
)
def test_what_cannot_be_explained_is_one_line(picture, tmp_path, rbdm, arguments, message):
    code, out, err = rbdm("explain", picture, "--out", tmp_path / "new", *CPU, *arguments)
    assert (code, out, len(err)) == (1, [], 1) and message in err[0]
    assert not list((tmp_path / "new").glob("*"))


def test_a_face_without_key_points_is_said(picture, tmp_path, rbdm):
    from rbdm.ssi import Stream, read_stream, write_stream

    stream = read_stream(picture.with_suffix(".stream"))
    small = Stream(stream.data.copy(), 25)
    small.data[:, :4] = (0.0, 0.0, 0.05, 0.05)
    write_stream(tmp_path / "a.stream", small)
    code, out, err = rbdm("explain", picture, "--faces", tmp_path / "a.stream", "--csv", "--out", tmp_path, *CPU)
    assert code == 0 and len(out) == 2
    assert len(err) == 1 and "no key points" in err[0]
