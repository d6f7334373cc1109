"""The class that the server makes for a job: it reads the options, checks the request, and fills the templates."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbdm.annotator import Annotator
from rbdm.errors import InputError, OptionError, SchemeError
from rbdm.ssi import CONTINUOUS_DTYPE, Annotation, ContinuousScheme, Stream, write_annotation, write_stream
from tests.support import clips
from tests.support.library import file_output, in_job

pytest.importorskip("discover_utils", reason="needs the extra server")
from discover_utils.data.provider.data_manager import DatasetManager

from rbdm.server.module import RBDM

OPTIONS = {"weights": "open", "device": "cpu"}


@pytest.fixture(autouse=True)
def loaded_once(annotator: Annotator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The weights that other tests use, too."""
    monkeypatch.setattr("rbdm.server.module.Annotator", lambda options, notify, download: annotator)


def test_wrong_options_end_the_job_before_its_first_session() -> None:
    with pytest.raises(OptionError, match="unknown option 'batchsize'"):
        in_job(lambda: RBDM([], {"batchsize": "50"}))


def test_an_option_without_a_value_keeps_its_default() -> None:
    module = in_job(lambda: RBDM([], OPTIONS | {"batch_size": None, "stride": "2"}))
    assert (module.options.weights, module.options.batch_size, module.options.stride) == ("open", 16, 2)


def inputs(folder: Path) -> list[dict[str, Any]]:
    """Entries of a request: ten frames, in each of which there is said to be a face."""
    video = clips.write_clip(folder / "a.mp4", clips.constant(10))
    write_stream(folder / "a.stream", Stream(np.tile(np.float32([0.1, 0.1, 0.9, 0.9, 0.9]), (10, 1)), 30.0))
    return [
        {"src": "file:stream:video", "type": "input", "id": "input_data", "uri": str(video)},
        {"src": "file:stream:ssistream", "type": "input", "id": "face_bb", "uri": str(folder / "a.stream")},
    ]


def run(data: list[dict[str, Any]]) -> dict[str, Any]:
    """What the library does for a session, up to saving."""

    def job() -> dict[str, Any]:
        module = RBDM([], OPTIONS)
        manager = DatasetManager(data_description=data, source_context={"request": {}})
        manager.load()
        return module.to_output(module.process_data(manager))

    filled: dict[str, Any] = in_job(job)
    return filled


def test_a_session_gives_what_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = [
        file_output(tmp_path / "e.annotation"),
        file_output(tmp_path / "v.annotation", "valence", "continuous"),
    ]
    filled = run(inputs(tmp_path) + wanted)
    assert list(filled) == ["expression", "valence"]
    assert len(filled["valence"].data) == 10 and len(filled["expression"].data) > 0
    assert "session 1/1: 10 frames, 10 with a face, weights rbdm-open" in capsys.readouterr().out


def test_two_outputs_with_one_file_end_the_session_before_the_video_is_decoded(tmp_path: Path) -> None:
    video, faces = inputs(tmp_path)
    clips.truncated(Path(video["uri"]), tmp_path / "broken.mp4", 0.3)
    same = [file_output(tmp_path / "a.annotation"), file_output(tmp_path / "a.annotation", "valence", "continuous")]
    with pytest.raises(InputError, match=r"a\.annotation: two outputs of the request would write it"):
        run([video | {"uri": str(tmp_path / "broken.mp4")}, faces, *same])
    assert not (tmp_path / "a.annotation").exists()


def test_a_scheme_that_does_not_fit_ends_the_session_before_the_video_is_decoded(tmp_path: Path) -> None:
    video, faces = inputs(tmp_path)
    clips.truncated(Path(video["uri"]), tmp_path / "broken.mp4", 0.3)
    rows = np.zeros(1, CONTINUOUS_DTYPE)
    write_annotation(tmp_path / "e.annotation", Annotation(ContinuousScheme("mood", 25.0), rows))
    with pytest.raises(SchemeError, match="expression needs a discrete scheme"):
        run([video | {"uri": str(tmp_path / "broken.mp4")}, faces, file_output(tmp_path / "e.annotation")])


def test_options_that_are_no_object() -> None:
    with pytest.raises(OptionError, match="must be an object of names and values, not list"):
        in_job(lambda: RBDM([], ["open"]))  # type: ignore[arg-type]
