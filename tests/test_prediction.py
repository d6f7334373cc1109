"""A prediction in the hands of someone who writes Python: data frame, files, one line of text."""

import builtins
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from rbdm.errors import OutputError, RbdmError
from rbdm.export.annotations import write_annotations
from rbdm.export.table import write_csv
from rbdm.options import Options
from tests.support.builders import fast, happy_then, options_, predictions, steady


@fast
@given(predictions(), options_)
def test_the_data_frame_is_what_pandas_reads_from_the_csv(tmp_path_factory, prediction, options):
    pandas = pytest.importorskip("pandas")
    pose = np.random.default_rng(0).uniform(-90, 90, (len(prediction.time), 2)).astype(np.float32)
    pose[~prediction.has_face] = np.nan
    prediction = replace(prediction, options=options, head_pose=pose)
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    write_csv([prediction], path)
    frame, read = prediction.to_dataframe(), pandas.read_csv(path)
    assert list(frame) == list(read)
    numbers = [name for name in frame if name not in ("expression", "flags")]
    np.testing.assert_allclose(read[numbers], frame[numbers], rtol=1e-6, atol=1e-6)
    face = prediction.has_face
    for name in ("expression", "flags"):
        assert frame[name].isna().tolist() == (~face).tolist()
        assert frame[name][face].tolist() == read[name][face].tolist()


def test_the_data_frame_can_be_grouped_and_averaged():
    pytest.importorskip("pandas")
    frame = happy_then([True] * 6 + [False] * 4, valence=np.arange(10) / 10).to_dataframe()
    means = frame.groupby("expression")["valence"].mean()
    assert means.to_dict() == pytest.approx({"Happy": 0.2, "Sad": 0.5})


def test_without_pandas_one_line_says_what_to_install(monkeypatch):
    def refuse(name, *arguments):
        if name == "pandas":
            raise ImportError(name)
        return real(name, *arguments)

    real = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(RbdmError, match="pip install pandas"):
        steady([True]).to_dataframe()


def test_save_writes_what_the_command_line_writes(tmp_path):
    options = Options(num_expressions=5, smoothing_ms=100)
    prediction = replace(steady([True, True, False, True] * 10), options=options, video=Path("x/Interview 1.mp4"))
    saved = prediction.save(tmp_path / "new" / "folder")
    (tmp_path / "cli").mkdir()
    written = write_annotations(prediction, options, tmp_path / "cli", "Interview 1")
    assert set(saved) == set(written) == {"expression", "valence", "arousal"}
    for name, path in saved.items():
        assert path.name == written[name].name == f"Interview 1.{name}.annotation"
        for end in ("", "~"):
            assert Path(f"{path}{end}").read_bytes() == Path(f"{written[name]}{end}").read_bytes()
    assert prediction.save(str(tmp_path), name="other")["valence"] == tmp_path / "other.valence.annotation"


def test_saving_into_a_folder_that_cannot_be_made_is_an_error_of_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write to its folder"):
        steady([True]).save(tmp_path / "file")


def test_repr_is_one_line_with_the_most_important_facts():
    prediction = replace(happy_then([True] * 70 + [False] * 28), video=Path("clips/a.mp4"), duration=3.267)
    expected = "Prediction('a.mp4': 98 frames, 3.27 s, 70 with a face, mostly Happy, weights open)"
    assert repr(prediction) == str(prediction) == expected
    assert "1 frame, 0.04 s, no face, weights open" in repr(steady([False]))
    assert "\n" not in repr(replace(prediction, video=Path("a\nb.mp4")))
