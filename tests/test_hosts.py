"""What a request gives and asks for, in the host's own objects, and the mends of the host's library."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbdm.errors import InputError, OutputError, RbdmError, SchemeError
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.server import nova_database
from rbdm.server.job import begin_job
from rbdm.server.patches import apply_patches
from rbdm.server.request import Inputs, find_inputs, make_writable, requested_annotations
from rbdm.server.templates import RequestedAnnotation, fill_template
from rbdm.ssi import Annotation, ContinuousScheme, DiscreteScheme, SchemeClass, read_annotation
from rbdm.timeline.annotations import expression_annotation, value_annotation
from rbdm.timeline.schemes import expression_scheme, value_scheme

pytest.importorskip("discover_utils", reason="needs the extra server")
from discover_utils.data import annotation as host
from discover_utils.data.provider.data_manager import DatasetManager
from discover_utils.scripts import process
from discover_utils.utils.request_utils import SubType, parse_src_tag


def in_job(action: Callable[[], Any]) -> Any:
    """Run `action` as the server runs our job: in a thread of its own, with the mends."""
    result: list[Any] = []
    error: list[BaseException] = []

    def job() -> None:
        try:
            begin_job()
            apply_patches()
            result.append(action())
        except BaseException as raised:
            error.append(raised)

    thread = threading.Thread(target=job)
    thread.start()
    thread.join()
    if error:
        raise error[0]
    return result[0]


def file_output(path: Path, id: str = "expression", kind: str = "discrete", **more: Any) -> dict[str, Any]:
    return {"src": f"file:annotation:{kind}", "type": "output", "id": id, "uri": str(path), **more}


def loaded(*descriptions: dict[str, Any]) -> Any:
    """The host's session manager for these entries of a request, loaded in a job."""

    def load() -> Any:
        manager = DatasetManager(data_description=list(descriptions), source_context={"request": {}})
        manager.load()
        return manager.sessions[manager.session_names[0]]["manager"]

    return in_job(load)


def two_classes() -> Prediction:
    time = np.array([0, 0.0337, 0.0671, 0.1], np.float64)
    probabilities = np.full((4, 8), 0.02, np.float32)
    probabilities[:2, 1] = probabilities[2:, 6] = 0.86
    value = np.array([0.123456, -0.5, np.nan, 1], np.float32)
    probabilities[2] = np.nan
    confidence = np.array([0.9, 0.8, 0, 0.7], np.float32)
    face = ~np.isnan(value)
    boxes = np.where(face[:, None], np.float32([0.2, 0.3, 0.6, 0.5]), np.float32(np.nan))
    numbers = time, probabilities, value, -value, confidence, 0.1337, 30.0
    return Prediction(*numbers, "open", "a" * 64, "1.2.3", face, boxes, 640, 360, Path("a.mp4"), Options())


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


def test_made_up_schemes_are_filled(tmp_path: Path) -> None:
    session = loaded(
        file_output(tmp_path / "e.annotation"),
        file_output(tmp_path / "v.annotation", "valence", "continuous"),
    )
    expression, valence = requested_annotations(session)
    assert expression.scheme(expression_scheme()) == expression_scheme()
    assert valence.scheme(value_scheme("valence", 29.97)) == value_scheme("valence", 29.97)
    prediction = two_classes()
    filled = fill_template(expression, expression_annotation(prediction, Options()))
    assert isinstance(filled, host.DiscreteAnnotation)
    assert filled.annotation_scheme.classes["6"] == {"id": "6", "name": "Anger", "color": "#FFD03A3A"}
    assert filled.data[["from", "to", "id"]].tolist() == [(0, 67, 1), (100, 134, 6)]
    filled = fill_template(valence, value_annotation(prediction, "valence", Options()))
    assert isinstance(filled, host.ContinuousAnnotation)
    scheme = filled.annotation_scheme
    assert (scheme.name, scheme.sample_rate, scheme.min_val, scheme.max_val) == ("valence", 30, -1, 1)


def test_scheme_left_by_another_module_is_filled(tmp_path: Path) -> None:
    path = tmp_path / "valence.annotation"
    template = host.ContinuousAnnotation(
        scheme=host.ContinuousAnnotationScheme(name="generic", sample_rate=1, min_val=0, max_val=1),
        data=np.zeros(3, [("score", "f4"), ("conf", "f4")]),
    )
    process.discover_utils.data.handler.file_handler.FileHandler().save(template, path)
    (output,) = requested_annotations(loaded(file_output(path, "valence", "continuous")))
    assert output.scheme(value_scheme("valence", 25.0)) == value_scheme("valence", 25.0)


def test_outputs_are_known_by_id_or_scheme(tmp_path: Path) -> None:
    descriptions = [
        file_output(tmp_path / "a.annotation", "Valence of her", "continuous"),
        file_output(tmp_path / "b.annotation", "second", "continuous", scheme="Arousal"),
        file_output(tmp_path / "c.annotation", "emotion"),
    ]
    names = [output.name for output in requested_annotations(loaded(*descriptions))]
    assert names == ["valence", "arousal", "expression"]
    with pytest.raises(SchemeError, match="'pulse' is none of ours"):
        requested_annotations(loaded(file_output(tmp_path / "d.annotation", "pulse", "continuous")))


@pytest.mark.parametrize(
    ("id", "kind", "more"),
    [
        ("expression", "discrete", {"classes": {"a": {"name": "Happy"}}}),
        ("expression", "discrete", {"classes": {"1": {"color": "#FF00FF00"}}}),
        ("valence", "continuous", {"sample_rate": "fast"}),
        ("valence", "discrete", {}),
        ("expression", "continuous", {}),
    ],
)
def test_unusable_schemes_are_named(tmp_path: Path, id: str, kind: str, more: dict[str, Any]) -> None:
    path = tmp_path / "x.annotation"
    (output,) = requested_annotations(loaded(file_output(path, id, kind, **more)))
    default = expression_scheme() if id == "expression" else value_scheme(id, 25.0)
    with pytest.raises(SchemeError, match=r"x\.annotation"):
        output.scheme(default)


def test_scheme_of_a_database_keeps_its_ids() -> None:
    classes = {1: {"id": 1, "name": "Anger", "color": "#FF0000"}, 2: {"id": 2, "name": "Happiness"}}
    template = host.DiscreteAnnotation(scheme=host.DiscreteAnnotationScheme(name="mood", classes=classes))
    request = {"src": "db:annotation:Discrete", "annotator": "system", "role": "child"}
    target = nova_database.AnnotationKey("data", "one", "mood", "system", "child")
    output = RequestedAnnotation("expression", "expression", template, None, target, request)
    scheme = output.scheme(expression_scheme())
    assert scheme == DiscreteScheme("mood", (SchemeClass(1, "Anger", "#FF0000"), SchemeClass(2, "Happiness")))
    filled = fill_template(output, expression_annotation(two_classes(), Options(), scheme, print))
    assert filled.annotation_scheme.classes == classes
    assert filled.data["id"].tolist() == [2, 1]


def test_database_without_the_scheme_is_named() -> None:
    template = host.DiscreteAnnotation(scheme=host.DiscreteAnnotationScheme(name="generic", classes={}))
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
    with pytest.raises(OutputError, match=r"e\.annotation: its folder cannot be written"):
        writable(loaded(file_output(tmp_path / "file" / "e.annotation")))
    with pytest.raises(OutputError, match="cannot be replaced"):
        make_writable(None, [replace(requested_annotations(session)[0], path=tmp_path / "a")], print)


def writable(session: Any) -> None:
    make_writable(session, requested_annotations(session), print)


def save(output: RequestedAnnotation, annotation: Annotation, min_gap: int = -999999999, min_dur: int = 0) -> None:
    """Fill the host's template and save it, as the host's `process` does in a job."""

    def job() -> None:
        template = fill_template(output, annotation)
        if isinstance(annotation.scheme, DiscreteScheme):
            template.data = process.pack_remove(template.data, min_gap=min_gap, min_dur=min_dur)
        process.discover_utils.data.handler.file_handler.FileHandler().save(template, output.path)

    in_job(job)


def test_files_are_exact(tmp_path: Path) -> None:
    session = loaded(
        file_output(tmp_path / "e.annotation"),
        file_output(tmp_path / "v.annotation", "valence", "continuous", role="child"),
    )
    expression, valence = requested_annotations(session)
    segments = expression_annotation(two_classes(), Options())
    samples = value_annotation(two_classes(), "valence", Options())
    save(expression, segments)
    save(valence, samples)
    written = read_annotation(tmp_path / "e.annotation")
    np.testing.assert_array_equal(written.data, segments.data)
    assert {"weights": "open", "weights_sha256": "a" * 64, "rbdm_version": "1.2.3"}.items() <= written.meta.items()
    assert written.meta["video"] == "a.mp4"
    written = read_annotation(tmp_path / "v.annotation")
    np.testing.assert_array_equal(written.data, samples.data)
    assert (written.role, written.annotator) == ("child", "rbdm")


@pytest.mark.parametrize(
    ("min_gap", "min_dur", "rows"),
    [
        (0, 0, [(0, 0.0337, 1), (0.0337, 0.0671, 1), (0.1, 0.1337, 6)]),
        (1, 0, [(0, 0.0671, 1), (0.1, 0.1337, 6)]),
        (-999999999, 34, [(0, 0.0337, 1), (0.1, 0.1337, 6)]),
    ],
)
def test_segments_are_joined_and_dropped_as_the_request_says(
    tmp_path: Path, min_gap: int, min_dur: int, rows: list[tuple[float, float, int]]
) -> None:
    """Their times stay exact, and a gap of 0, which NOVA sends unasked, joins nothing."""
    (output,) = requested_annotations(loaded(file_output(tmp_path / "e.annotation")))
    save(output, expression_annotation(two_classes(), Options(merge_segments=False)), min_gap, min_dur)
    assert read_annotation(tmp_path / "e.annotation").data[["from", "to", "id"]].tolist() == rows


@pytest.mark.parametrize("active", [False, "False", "false", "0", 0])
def test_output_that_nova_has_not_ticked_is_none(tmp_path: Path, active: Any) -> None:
    outputs = [file_output(tmp_path / "e.annotation", active=active), file_output(tmp_path / "f.annotation", "mood")]
    session = loaded(*outputs)
    assert [output.key for output in requested_annotations(session)] == ["mood"]
    assert session.data_description[0]["active"] is False, "the host asks for its truth only"


def test_mends_are_for_our_thread_only() -> None:
    assert in_job(lambda: SubType("ssifeature")) is SubType.SSIStream
    with pytest.raises(ValueError, match="ssifeature"):
        SubType("ssifeature")
    with pytest.raises(ValueError, match="Invalid value"):
        in_job(lambda: parse_src_tag({"src": "file:stream:nonsense"}))


def test_mending_twice_does_not_stack() -> None:
    in_job(lambda: None)
    load = process.discover_utils.data.handler.file_handler.FileHandler.load
    in_job(lambda: None)
    again = process.discover_utils.data.handler.file_handler.FileHandler.load
    assert again._before_rbdm is load._before_rbdm
    assert not hasattr(again._before_rbdm, "_before_rbdm")


def test_failed_sessions_fail_a_job_inside_the_server() -> None:
    with pytest.raises(RbdmError, match="some sessions failed"):
        in_job(lambda: process.exit(1))
    with pytest.raises(SystemExit):
        process.exit(1)


def test_sample_rate_survives_the_host(tmp_path: Path) -> None:
    (output,) = requested_annotations(loaded(file_output(tmp_path / "v.annotation", "valence", "continuous")))
    prediction = replace(two_classes(), sample_rate=30000 / 1001)
    save(output, value_annotation(prediction, "valence", Options()))
    scheme = read_annotation(tmp_path / "v.annotation").scheme
    assert isinstance(scheme, ContinuousScheme) and scheme.sample_rate == 30000 / 1001
