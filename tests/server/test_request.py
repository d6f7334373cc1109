"""A request gives a video and a box stream, and asks for annotations: which, and where they are to be written."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rbdm.errors import InputError, OutputError, SchemeError
from rbdm.server.request import Inputs, find_inputs, make_writable, requested_annotations
from tests.support.library import file_output, loaded

pytest.importorskip("discover_utils", reason="needs the extra server")
from discover_utils.data.annotation import (
    DiscreteAnnotation,
    DiscreteAnnotationScheme,
)


def test_inputs_are_found_by_either_spelling_or_by_type(tmp_path: Path) -> None:
    video = {"src": "file:stream:video", "type": "input", "id": "input_data", "uri": str(tmp_path / "a.mp4")}
    for src in ("file:stream:ssifeature:blazeface", "file:stream:SSIStream:blazeface"):
        for id in ("face:bb", "face_bb", "whatever"):
            boxes = {"src": src, "type": "input", "id": id, "uri": str(tmp_path / "b.stream")}
            found = find_inputs(loaded(video | {"id": "film"} if id == "whatever" else video, boxes))
            assert found == Inputs(tmp_path / "a.mp4", tmp_path / "b.stream")


@pytest.mark.parametrize("name", ["a.mov", "a.MKV", "a.avi", "a.webm", "a.jpg", "a.png", "a"])
def test_any_container_is_a_video(tmp_path: Path, name: str) -> None:
    boxes = {
        "src": "file:stream:ssistream",
        "type": "input",
        "id": "face_bb",
        "uri": str(tmp_path / "b.stream"),
    }
    video = {"src": "file:stream:video", "type": "input", "id": "input_data", "uri": str(tmp_path / name)}
    assert find_inputs(loaded(boxes, video)).video == tmp_path / name


def test_missing_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no input 'input_data'"):
        find_inputs(loaded(file_output(tmp_path / "e.annotation")))


def test_outputs_are_known_by_id_or_scheme(tmp_path: Path) -> None:
    descriptions = [
        file_output(tmp_path / "a.annotation", "Valence of her", "continuous"),
        file_output(tmp_path / "b.annotation", "second", "continuous", scheme="Arousal"),
        file_output(tmp_path / "c.annotation", "emotion"),
    ]
    names = [output.name for output in requested_annotations(loaded(*descriptions))]
    assert names == ["valence", "arousal", "expression"]
    with pytest.raises(SchemeError, match="'pulse' is not an annotation of rbdm"):
        requested_annotations(loaded(file_output(tmp_path / "d.annotation", "pulse", "continuous")))


@pytest.mark.parametrize("active", [False, "False", "false", "0", 0])
def test_an_output_that_is_not_ticked_in_nova_is_not_written(tmp_path: Path, active: Any) -> None:
    outputs = [file_output(tmp_path / "e.annotation", active=active), file_output(tmp_path / "f.annotation", "mood")]
    session = loaded(*outputs)
    assert [output.key for output in requested_annotations(session)] == ["mood"]
    assert session.data_description[0]["active"] is False, "the library asks only whether it is true"


def test_database_without_the_scheme_is_named() -> None:
    template = DiscreteAnnotation(scheme=DiscreteAnnotationScheme(name="generic", classes={}))
    request = {"src": "db:annotation:Discrete", "type": "output", "id": "expression", "scheme": "mood"}

    class Session:
        data_description = (request,)
        output_data_templates = {"expression": template}  # noqa: RUF012

    with pytest.raises(SchemeError, match="no scheme 'mood'"):
        requested_annotations(Session())


def test_folders_are_made_and_tried(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "e.annotation"
    session = loaded(file_output(path))
    writable(session)
    assert path.parent.is_dir() and not list(path.parent.iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"e\.annotation: cannot write to its folder"):
        writable(loaded(file_output(tmp_path / "file" / "e.annotation")))
    with pytest.raises(OutputError, match="cannot be replaced"):
        make_writable(None, [replace(requested_annotations(session)[0], path=tmp_path / "a")], print)


def writable(session: Any) -> None:
    make_writable(session, requested_annotations(session), print)
