"""Labelled faces come from archives, tables and iterables; a label is never guessed, and what is bad is named."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rbdm.errors import InputError
from rbdm.expressions import EXPRESSIONS
from rbdm.training.data.votes import CIRCUMPLEX, clean_votes
from rbdm.training.dataset import load_faces, split_off_valid
from rbdm.training.labelled_faces import LabelledFaces
from tests.support.labelled_faces import COLUMNS, picture

NAMES = [expression.name for expression in EXPRESSIONS]
FERPLUS_CLASSES = ("Neutral", "Happy", "Surprise", "Sad", "Anger", "Disgust", "Fear", "Contempt")
AFFECTNET = (
    "subDirectory_filePath",
    *("face_x", "face_y", "face_width", "face_height"),
    "facial_landmarks",
    *("expression", "valence", "arousal"),
)
VOTES = hnp.arrays(np.uint8, st.tuples(st.integers(1, 20), st.just(10)), elements=st.integers(0, 10))


def votes(**counts: int) -> list[int]:
    return [counts.get(name, 0) for name in COLUMNS]


def write_archive(path: Path, rows: Mapping[str, Sequence[Sequence[int]]], **changes: Any) -> Path:
    """An archive in the form of FER+, with the votes of each split."""
    arrays: dict[str, Any] = {"columns": np.array(COLUMNS)}
    for split, counts in rows.items():
        arrays[f"{split}_images"] = np.stack([picture(10 * i) for i in range(len(counts))])
        arrays[f"{split}_votes"] = np.array(counts, np.uint8)
    np.savez(path, **{**arrays, **changes})
    return path


def write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_picture(path: Path, image: npt.NDArray[np.uint8] | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, picture() if image is None else image)[1].tobytes())
    return path


def classes(faces: LabelledFaces) -> list[str]:
    return [NAMES[i] for i in faces.probabilities.argmax(axis=1)]


class TestVotes:
    def test_distribution_over_our_classes(self) -> None:
        found = clean_votes(np.array([votes(happiness=6, neutral=4)]))
        assert found[0] == pytest.approx([0.4, 0.6, 0, 0, 0, 0, 0, 0])

    @pytest.mark.parametrize(("column", "name"), list(zip(COLUMNS, FERPLUS_CLASSES, strict=False)))
    def test_each_column_is_its_class(self, column: str, name: str) -> None:
        assert clean_votes(np.array([votes(**{column: 10})]))[0].argmax() == NAMES.index(name)

    def test_single_vote_is_a_slip(self) -> None:
        assert clean_votes(np.array([votes(sadness=8, fear=1, disgust=1)]))[0, NAMES.index("Sad")] == 1

    def test_two_votes_are_none(self) -> None:
        assert clean_votes(np.array([votes(sadness=8, fear=2)]))[0, NAMES.index("Fear")] == pytest.approx(0.2)

    def test_unknown_is_dropped_where_it_does_not_win(self) -> None:
        assert clean_votes(np.array([votes(anger=4, unknown=3, NF=3)]))[0, NAMES.index("Anger")] == 1

    @pytest.mark.parametrize(
        "row", [votes(unknown=6, anger=4), votes(NF=10), votes(), votes(happiness=1, sadness=1, fear=1)]
    )
    def test_no_usable_label(self, row: list[int]) -> None:
        assert np.isnan(clean_votes(np.array([row]))).all()

    @given(VOTES)
    def test_laws(self, rows: npt.NDArray[np.uint8]) -> None:
        found = clean_votes(rows)
        assert found.shape == (len(rows), 8) and found.dtype == np.float32
        usable = ~np.isnan(found).any(axis=1)
        assert (np.isnan(found).all(axis=1) == ~usable).all(), "a row is whole or nothing"
        assert found[usable].sum(axis=1) == pytest.approx(1) and (found[usable] >= 0).all()

    @given(VOTES)
    def test_single_votes_change_nothing(self, rows: npt.NDArray[np.uint8]) -> None:
        np.testing.assert_array_equal(clean_votes(rows), clean_votes(np.where(rows == 1, 0, rows)))

    @given(VOTES, st.integers(2, 5))
    def test_only_the_proportions_count(self, rows: npt.NDArray[np.uint8], factor: int) -> None:
        clean = np.where(rows == 1, 0, rows).astype(int)
        np.testing.assert_allclose(clean_votes(clean), clean_votes(clean * factor), rtol=1e-6)


class TestArchive:
    def test_usable_faces_of_the_split(self, tmp_path: Path) -> None:
        path = write_archive(
            tmp_path / "faces.npz",
            {"train": [votes(neutral=10)], "test": [votes(NF=10), votes(happiness=9), votes(sadness=5, fear=5)]},
        )
        faces = load_faces(path, "test")
        assert len(faces) == 2 and classes(faces)[0] == "Happy" and faces.derived
        np.testing.assert_array_equal(faces.image(0, 1.0), picture(10))
        assert len(load_faces(str(path))) == 1

    def test_valence_and_arousal_are_expected_under_the_votes(self, tmp_path: Path) -> None:
        path = write_archive(tmp_path / "faces.npz", {"train": [votes(neutral=5, happiness=5), votes(sadness=10)]})
        faces = load_faces(path)
        assert faces.valence_arousal[0] == pytest.approx(CIRCUMPLEX[1] / 2)
        assert faces.valence_arousal[1] == pytest.approx(CIRCUMPLEX[2])

    def test_circumplex_is_plausible(self) -> None:
        affect = dict(zip(NAMES, CIRCUMPLEX, strict=True))
        assert np.abs(CIRCUMPLEX).max() <= 1 and not affect["Neutral"].any()
        assert affect["Happy"][0] > 0.5 and affect["Surprise"][0] > 0
        assert all(affect[name][0] < -0.3 for name in ("Sad", "Fear", "Disgust", "Anger", "Contempt"))
        assert affect["Sad"][1] < 0 < affect["Fear"][1]

    def test_votes_in_another_order_of_columns(self, tmp_path: Path) -> None:
        """They are read by name, or refused; never taken for other classes."""
        turned = np.array([votes(happiness=10)[::-1]], np.uint8)
        path = write_archive(
            tmp_path / "faces.npz", {"train": [votes()]}, train_votes=turned, columns=np.array(COLUMNS[::-1])
        )
        try:
            assert classes(load_faces(path)) == ["Happy"]
        except InputError as error:
            assert "columns" in str(error)

    @pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 torn off"], ids=["empty", "text", "torn"])
    def test_no_archive(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "faces.npz"
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"faces\.npz"):
            load_faces(path)

    def test_truncated(self, tmp_path: Path) -> None:
        path = write_archive(tmp_path / "faces.npz", {"train": [votes(fear=9)] * 5})
        path.write_bytes(path.read_bytes()[:-400])
        with pytest.raises(InputError, match=r"faces\.npz"):
            load_faces(path)

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"faces\.npz"):
            load_faces(tmp_path / "faces.npz")

    def test_missing_split(self, tmp_path: Path) -> None:
        path = write_archive(tmp_path / "faces.npz", {"train": [votes(fear=9)]})
        with pytest.raises(InputError, match="test_images"):
            load_faces(path, "test")

    @pytest.mark.parametrize(
        ("name", "value"),
        [("train_votes", np.full((3, 10), 5)), ("train_votes", np.full((1, 7), 5)), ("train_images", np.zeros(1))],
        ids=["more votes than images", "seven columns", "images of no size"],
    )
    def test_misshapen(self, tmp_path: Path, name: str, value: npt.NDArray[Any]) -> None:
        path = write_archive(tmp_path / "faces.npz", {"train": [votes(fear=9)]}, **{name: value})
        with pytest.raises(InputError, match=r"faces\.npz"):
            load_faces(path)

    def test_no_usable_face(self, tmp_path: Path) -> None:
        path = write_archive(tmp_path / "faces.npz", {"train": [votes(NF=10)]})
        with pytest.raises(InputError, match=r"faces\.npz"):
            load_faces(path)


class TestTables:
    def test_csv(self, tmp_path: Path) -> None:
        """Paths are relative to the table; an expression is a name; what is missing is not a number."""
        image = np.dstack([picture(), picture(90), picture(30)])
        write_picture(tmp_path / "pictures" / "ä b.png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        table = write_table(
            tmp_path / "labels.csv",
            [
                {"path": "pictures/ä b.png", "expression": "Happiness", "valence": "0.5", "arousal": "-0.25"},
                {"path": "pictures/ä b.png", "expression": "angry", "valence": "", "arousal": ""},
                {"path": "pictures/ä b.png", "expression": "", "valence": "-1", "arousal": "1"},
            ],
        )
        for data in (table, str(table), tmp_path):
            faces = load_faces(data)
            assert len(faces) == 3 and not faces.derived
            assert classes(faces)[:2] == ["Happy", "Anger"] and np.isnan(faces.probabilities[2]).all()
            np.testing.assert_allclose(faces.valence_arousal, [[0.5, -0.25], [np.nan, np.nan], [-1, 1]])
            np.testing.assert_array_equal(faces.image(0, 1.0), image)

    def test_byte_order_mark(self, tmp_path: Path) -> None:
        """As Excel writes it."""
        (tmp_path / "labels.csv").write_text("path,expression\na.png,sad\n", encoding="utf-8-sig")
        assert classes(load_faces(tmp_path)) == ["Sad"]

    def test_affectnets_own_columns(self, tmp_path: Path) -> None:
        """8 none, 9 uncertain, 10 no face: no expression; -2: not rated; NULL: no box."""
        write_picture(tmp_path / "1" / "a.png", np.arange(100, dtype=np.uint8).reshape(10, 10))
        rows = [
            ("1/a.png", "2", "3", "4", "4", "1;2", "3", "0.2", "0.7"),
            ("1/a.png", "0", "0", "9", "9", "1;2", "8", "-0.1", "0.1"),
            ("1/a.png", "2", "3", "4", "5", "1;2", "9", "-2", "-2"),
            ("1/a.png", "NULL", "NULL", "NULL", "NULL", "NULL", "10", "-2", "-2"),
            ("1/a.png", "NULL", "NULL", "NULL", "NULL", "NULL", "7", "-0.5", "0.5"),
        ]
        write_table(tmp_path / "training.csv", [dict(zip(AFFECTNET, row, strict=True)) for row in rows])
        faces = load_faces(tmp_path)
        assert len(faces) == 3
        assert classes(faces)[0] == "Surprise" and classes(faces)[2] == "Contempt"
        assert np.isnan(faces.probabilities[1]).all()
        np.testing.assert_allclose(faces.valence_arousal, [[0.2, 0.7], [-0.1, 0.1], [-0.5, 0.5]], rtol=1e-6)
        assert faces.image(0, 1.0)[..., 0].tolist() == [[10 * y + x for x in range(2, 6)] for y in range(3, 7)]
        assert faces.image(1, 1.0).shape[:2] == (9, 9) and faces.image(2, 1.0).shape[:2] == (10, 10)

    @pytest.mark.parametrize("number", [3, "3", 3.0, np.int64(3)])
    def test_a_number_is_no_expression_if_the_data_set_is_not_known(self, number: Any) -> None:
        """3 is Surprise in AffectNet, Disgust in CK+ and in RAF-DB."""
        with pytest.raises(InputError, match=r"row 1: expression 3\S* is a number"):
            load_faces([{"image": picture(), "expression": number}])

    def test_split_column(self, tmp_path: Path) -> None:
        splits = {
            "train": "sad",
            "Training": "sad",
            "valid": "fear",
            "validation": "fear",
            "val": "fear",
            "TEST": "joy",
        }
        rows = [{"path": "a.png", "expression": name, "split": split} for split, name in splits.items()]
        table = write_table(tmp_path / "labels.csv", rows)
        assert classes(load_faces(table, "train")) == ["Sad"] * 2
        assert classes(load_faces(table, "test")) == ["Happy"]
        assert classes(load_faces(table, "valid")) == ["Fear"] * 3

    def test_several_tables(self, tmp_path: Path) -> None:
        write_table(tmp_path / "training.csv", [{"path": "a.png", "expression": "fear"}])
        write_table(tmp_path / "validation.csv", [{"path": "a.png", "expression": "joy"}])
        assert classes(load_faces(tmp_path, "train")) == ["Fear"]
        assert classes(load_faces(tmp_path, "valid")) == ["Happy"]
        with pytest.raises(InputError, match="test"):
            load_faces(tmp_path, "test")

    @pytest.mark.parametrize("content", [b"", b"path,expression\n", b"path,expression\na.png,\n"])
    def test_nothing_in_it(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "labels.csv").write_bytes(content)
        with pytest.raises(InputError, match=r"labels\.csv"):
            load_faces(tmp_path)

    def test_folder_without_a_table(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="CSV"):
            load_faces(tmp_path)

    @pytest.mark.parametrize(
        "content",
        ["path,expression\nä.png,sad\n".encode("latin-1"), b"\x89PNG\x00\xff\xfe" * 20],
        ids=["latin-1", "picture"],
    )
    def test_no_text(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "labels.csv").write_bytes(content)
        with pytest.raises(InputError, match=r"labels\.csv"):
            load_faces(tmp_path / "labels.csv")

    @pytest.mark.parametrize(
        ("bad", "says"),
        [
            ({"expression": "talking"}, "talking"),
            ({"expression": "-1"}, "-1"),
            ({"expression": "1.5"}, r"1\.5"),
            ({"expression": "1.05"}, r"1\.05"),
            ({"expression": "11"}, "11"),
            ({"valence": "2"}, "valence"),
            ({"arousal": "loud"}, "loud"),
            ({"valence": "inf"}, "inf"),
            ({"path": None}, "path"),
            ({"path": ""}, "path"),
            ({"face_x": "left"}, "left"),
        ],
        ids=str,
    )
    def test_bad_row(self, tmp_path: Path, bad: dict[str, Any], says: str) -> None:
        good = {"path": "a.png", "expression": "sad", "valence": "0.1", "arousal": "0.1", "face_x": ""}
        row = {key: value for key, value in {**good, **bad}.items() if value is not None}
        rows = [good, row] if set(row) == set(good) else [row]
        write_table(tmp_path / "labels.csv", rows)
        with pytest.raises(InputError, match=rf"labels\.csv, row {len(rows)}\b.*{says}") as caught:
            load_faces(tmp_path)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("content", [None, b"", b"no picture"])
    def test_unreadable_picture(self, tmp_path: Path, content: bytes | None) -> None:
        if content is not None:
            (tmp_path / "a.png").write_bytes(content)
        write_table(tmp_path / "labels.csv", [{"path": "a.png", "expression": "sad"}])
        with pytest.raises(InputError, match=r"a\.png"):
            load_faces(tmp_path).image(0, 1.0)

    @pytest.mark.parametrize("box", [(50, 0, 10, 10), (0, 0, 0, 0), (-20, 0, 10, 10), (0, 0, -9, -9)])
    def test_box_outside_of_the_picture(self, tmp_path: Path, box: tuple[int, ...]) -> None:
        write_picture(tmp_path / "a.png")
        place = dict(zip(("face_x", "face_y", "face_width", "face_height"), box, strict=True))
        write_table(tmp_path / "labels.csv", [{"path": "a.png", "expression": "sad", **place}])
        with pytest.raises(InputError, match=r"a\.png|row 1"):
            load_faces(tmp_path).image(0, 1.0)

    def test_box_partly_outside_of_the_picture(self, tmp_path: Path) -> None:
        """As in a video, what is outside is black."""
        write_picture(tmp_path / "a.png", np.full((48, 48), 200, np.uint8))
        place = {"face_x": -5, "face_y": 40, "face_width": 20, "face_height": 20}
        write_table(tmp_path / "labels.csv", [{"path": "a.png", "expression": "sad", **place}])
        face = load_faces(tmp_path).image(0, 1.0)
        assert face.shape == (20, 20, 3)
        assert (face[:8, 5:] == 200).all() and not face[:, :5].any() and not face[8:].any()

    def test_crop_scale_counts_where_there_is_a_box(self, tmp_path: Path) -> None:
        write_picture(tmp_path / "a.png", np.arange(100, dtype=np.uint8).reshape(10, 10))
        place = {"face_x": 3, "face_y": 4, "face_width": 2, "face_height": 2}
        rows = [{"path": "a.png", "expression": "sad", **place}, {"path": "a.png", "expression": "sad"}]
        write_table(tmp_path / "labels.csv", rows)
        faces = load_faces(tmp_path)
        assert faces.image(0, 2.0)[..., 0].tolist() == [[10 * y + x for x in range(2, 6)] for y in range(3, 7)]
        assert faces.image(1, 2.0).shape == (10, 10, 3)


class Once:
    """An iterable that can be gone through once, and knows no length."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._rows = iter(rows)

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return self._rows


class TestIterables:
    def test_valence_alone(self) -> None:
        faces = load_faces([{"image": picture(), "valence": 0.5}])
        assert faces.valence_arousal[0, 0] == 0.5 and np.isnan(faces.valence_arousal[0, 1])

    def test_arrays(self) -> None:
        grey, colour = picture(), np.dstack([picture()] * 3)
        faces = load_faces({"image": image, "expression": "sadness"} for image in (grey, colour))
        assert classes(faces) == ["Sad", "Sad"]
        np.testing.assert_array_equal(faces.image(0, 1.0), grey)
        np.testing.assert_array_equal(faces.image(1, 1.0), colour)

    def test_pandas_way_to_say_nothing(self) -> None:
        row = {"image": picture(), "expression": float("nan"), "valence": 0.5, "arousal": 0.25, "face_x": float("nan")}
        faces = load_faces([row])
        assert np.isnan(faces.probabilities).all() and faces.valence_arousal[0, 0] == 0.5

    @pytest.mark.parametrize("name", ["None", "Uncertain", "Non-Face", "No-Face"])
    def test_affectnets_names_for_no_expression(self, name: str) -> None:
        """Its class None means: none of the eight expressions. It is not Neutral, which it has too."""
        with pytest.raises(InputError, match="no face with an expression"):
            load_faces([{"image": picture(), "expression": name}])
        assert classes(load_faces([{"image": picture(), "expression": "neutral"}])) == ["Neutral"]

    def test_box_at_the_edge(self) -> None:
        """0 is a coordinate, not a missing one."""
        box = {"face_x": 0, "face_y": 0, "face_width": 10, "face_height": 10}
        faces = load_faces([{"image": picture(), "expression": "neutral", **box}])
        assert faces.image(0, 1.0).shape == (10, 10, 3)

    @pytest.mark.parametrize(
        "image",
        [
            np.random.default_rng(0).random((8, 8)),
            np.full((8, 8), 300),
            np.zeros((0, 8), np.uint8),
            np.zeros(8, np.uint8),
        ],
        ids=["from 0 to 1", "above 255", "empty", "one-dimensional"],
    )
    def test_array_that_is_no_picture(self, image: npt.NDArray[Any]) -> None:
        with pytest.raises(InputError, match="row 2"):
            load_faces([{"image": picture(), "expression": "neutral"}, {"image": image, "expression": "neutral"}])

    @pytest.mark.parametrize("row", [{"image": "a.png", "emotion": "h"}, {"image": "a.png", "label": 1}])
    def test_other_keys(self, row: dict[str, Any]) -> None:
        """As hcai-datasets yields FACES and CK+, whose labels mean other classes: refused, not guessed."""
        with pytest.raises(InputError, match="expression"):
            load_faces(iter([row]))

    def test_bad_row(self) -> None:
        rows = [{"image": picture(), "expression": "neutral"}, {"image": picture(), "expression": "smirk"}]
        with pytest.raises(InputError, match=r"iterable, row 2.*smirk"):
            load_faces(rows)

    def test_split(self) -> None:
        rows = [
            {"image": picture(), "expression": NAMES[i], "split": split} for i, split in enumerate(("train", "test"))
        ]
        assert classes(load_faces(Once(rows), "test")) == ["Happy"]

    def test_without_splits_every_split_is_everything(self) -> None:
        assert len(load_faces([{"image": picture(), "expression": "neutral"}] * 3, "test")) == 3


class TestSplitOffValid:
    def test_archive_has_its_own(self, tmp_path: Path) -> None:
        path = write_archive(tmp_path / "a.npz", {"train": [votes(fear=9)] * 3, "valid": [votes(sadness=9)] * 2})
        faces, valid = split_off_valid(path, 0)
        assert (classes(faces), classes(valid)) == (["Fear"] * 3, ["Sad"] * 2)

    def test_folder_has_its_own(self, tmp_path: Path) -> None:
        write_table(tmp_path / "training.csv", [{"path": "a.png", "expression": "fear"}])
        write_table(tmp_path / "validation.csv", [{"path": "a.png", "expression": "sad"}])
        faces, valid = split_off_valid(tmp_path, 0)
        assert (classes(faces), classes(valid)) == (["Fear"], ["Sad"])

    def test_folder_with_a_table_to_train_and_one_to_test(self, tmp_path: Path) -> None:
        write_table(tmp_path / "train.csv", [{"path": "a.png", "expression": "fear"}] * 20)
        write_table(tmp_path / "test.csv", [{"path": "a.png", "expression": "sad"}])
        faces, valid = split_off_valid(tmp_path, 0)
        assert (classes(faces), classes(valid)) == (["Fear"] * 18, ["Fear"] * 2)

    @pytest.mark.parametrize("once", [False, True])
    def test_split_column(self, once: bool) -> None:
        rows = [
            {"image": picture(), "expression": NAMES[i], "split": split} for i, split in enumerate(("train", "valid"))
        ]
        faces, valid = split_off_valid(Once(rows) if once else rows, 0)
        assert (classes(faces), classes(valid)) == (["Neutral"], ["Happy"])

    def test_rows_to_train_and_to_test(self) -> None:
        rows = [
            {"image": picture(), "expression": "sad", "split": split} for split in ("train", "test") for _ in range(10)
        ]
        faces, valid = split_off_valid(rows, 0)
        assert (len(faces), len(valid)) == (9, 1)

    def test_nobody_is_in_both(self) -> None:
        rows = [{"image": picture(), "expression": "sad", "person": f"p{i % 20}"} for i in range(200)]
        faces, valid = split_off_valid(rows, 0)
        assert (len(faces), len(valid)) == (180, 20)
        assert not set(faces.column("person")) & set(valid.column("person"))

    def test_one_person_cannot_be_divided(self) -> None:
        with pytest.raises(InputError, match="one person"):
            split_off_valid([{"image": picture(), "expression": "sad", "person": "p1"}] * 9, 0)

    def test_nine_tenths_and_one(self) -> None:
        rows = [{"image": picture(i), "expression": NAMES[i % 8]} for i in range(40)]
        faces, valid = split_off_valid(Once(rows), 7)
        assert (len(faces), len(valid)) == (36, 4)
        levels = [int(one.image(i, 1.0)[-1, -1]) for one in (faces, valid) for i in range(len(one))]
        assert sorted(levels) == list(range(40)), "every face once"

    def test_seed_decides(self) -> None:
        rows = [{"image": picture(i), "expression": NAMES[i % 8]} for i in range(40)]
        drawn = [
            [int(valid.image(i, 1.0)[-1, -1]) for i in range(4)]
            for _, valid in (split_off_valid(rows, s) for s in (1, 1, 2))
        ]
        assert drawn[0] == drawn[1] != drawn[2]

    def test_a_single_face_cannot_be_divided(self) -> None:
        with pytest.raises(InputError):
            split_off_valid([{"image": picture(), "expression": "neutral"}], 0)


@pytest.mark.parametrize("shape", [(48, 48), (100, 60, 3), (300, 300, 3)])
def test_a_face_without_a_box_is_scaled_as_a_whole(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    faces = load_faces([{"image": image, "expression": "neutral"}])
    grey = faces.network_input(0, 224, 1.0, grey=True)
    assert grey.shape == (224, 224, 3) and grey.dtype == np.uint8 and (grey == grey[..., :1]).all()
    colour = faces.network_input(0, 224, 1.0, grey=False)
    assert (colour == colour[..., :1]).all() == (len(shape) == 2)
