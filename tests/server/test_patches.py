"""The patches of the server's library: files are exact, requests are understood, and other modules notice nothing."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rbdm.errors import InputError, RbdmError
from rbdm.options import Options
from rbdm.server.job import current_job
from rbdm.server.request import requested_annotations
from rbdm.server.templates import RequestedAnnotation, fill_template
from rbdm.ssi import Annotation, ContinuousScheme, DiscreteScheme, read_annotation
from rbdm.timeline.annotations import expression_annotation, value_annotation
from tests.support.library import file_output, in_job, loaded, two_classes

pytest.importorskip("discover_utils", reason="needs the extra server")
from discover_utils.data.handler import nova_db_handler
from discover_utils.data.handler.file_handler import FileHandler
from discover_utils.data.provider.data_manager import DatasetManager
from discover_utils.scripts import process
from discover_utils.utils.request_utils import SubType, parse_src_tag


def save(output: RequestedAnnotation, annotation: Annotation, min_gap: int = -999999999, min_dur: int = 0) -> None:
    """Fill the library's template and save it, as the library's `process` does in a job."""

    def job() -> None:
        template = fill_template(output, annotation)
        if isinstance(annotation.scheme, DiscreteScheme):
            template.data = process.pack_remove(template.data, min_gap=min_gap, min_dur=min_dur)
        FileHandler().save(template, output.path)

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
        (1000, 0, [(0, 0.0337, 1), (0.0337, 0.0671, 1), (0.1, 0.1337, 6)]),
        (-999999999, 40, [(0, 0.0337, 1), (0.0337, 0.0671, 1)]),
        (500, 150, [(0, 0.0337, 1), (0.0337, 0.0671, 1), (0.1, 0.1337, 6)]),
    ],
)
def test_segments_are_removed_and_joined_as_the_request_says(
    tmp_path: Path, min_gap: int, min_dur: int, rows: list[tuple[float, float, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Their times stay exact, and what touches is not joined. The last limits would remove every segment."""
    (output,) = requested_annotations(loaded(file_output(tmp_path / "e.annotation")))
    save(output, expression_annotation(two_classes(), Options(merge_segments=False)), min_gap, min_dur)
    written = read_annotation(tmp_path / "e.annotation")
    assert written.data[["from", "to", "id"]].tolist() == rows
    said = capsys.readouterr().out
    assert ("1 of 3 segments removed, 0 gaps closed" in said) == (len(rows) == 2)
    assert ("would remove all 3 segments, so all of them are kept" in said) == (min_dur == 150)
    assert written.meta["options"].endswith("min_gap=0;min_duration=0.04") == (len(rows) == 2)


def test_sample_rate_is_not_rounded(tmp_path: Path) -> None:
    (output,) = requested_annotations(loaded(file_output(tmp_path / "v.annotation", "valence", "continuous")))
    prediction = replace(two_classes(), sample_rate=30000 / 1001)
    save(output, value_annotation(prediction, "valence", Options()))
    scheme = read_annotation(tmp_path / "v.annotation").scheme
    assert isinstance(scheme, ContinuousScheme) and scheme.sample_rate == 30000 / 1001


def test_patches_act_in_our_thread_only() -> None:
    assert in_job(lambda: SubType("ssifeature")) is SubType.SSIStream
    with pytest.raises(ValueError, match="ssifeature"):
        SubType("ssifeature")
    with pytest.raises(ValueError, match="Invalid value"):
        in_job(lambda: parse_src_tag({"src": "file:stream:nonsense"}))


def test_a_database_that_does_not_answer_is_not_waited_for_for_ever() -> None:
    def limit() -> object:
        with nova_db_handler.MongoClient("localhost", connect=False) as client:
            return client.options.pool_options.socket_timeout

    assert in_job(limit) == 120
    assert limit() is None, "other modules keep theirs"


def test_schemes_are_looked_up_once_and_each_gets_a_copy() -> None:
    """The library changes the document that it gets."""
    asked = []

    class Schemes:
        def find_one(self, query: dict[str, str]) -> dict[str, list[str]] | None:
            asked.append(query["name"])
            return {"labels": [query["name"]]} if query["name"] != "none" else None

    def look() -> None:
        handler = nova_db_handler.AnnotationHandler()
        handler._client = {"talks": {"Schemes": Schemes()}}
        for name in ("mood", "mood", "none", "none"):
            found = handler._load_scheme("talks", name)
            assert found == ({"labels": ["mood"]} if name == "mood" else {})
            found.get("labels", []).append("changed")

    in_job(look)
    assert asked == ["mood", "none", "none"]


def test_patching_twice_does_not_wrap_twice() -> None:
    in_job(lambda: None)
    load = FileHandler.load
    in_job(lambda: None)
    again = FileHandler.load
    assert again._before_rbdm is load._before_rbdm
    assert not hasattr(again._before_rbdm, "_before_rbdm")


def test_failed_sessions_fail_a_job_inside_the_server() -> None:
    with pytest.raises(RbdmError, match="some sessions failed"):
        in_job(lambda: process.exit(1))
    with pytest.raises(SystemExit):
        process.exit(1)


def test_why_sessions_have_failed_is_in_the_last_line_of_the_module(capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> None:
        job = current_job()
        assert job is not None
        job.errors.extend(["session 1/3: a.mp4: no such file", "session 3/3: b.mp4: no such file"])
        process.exit(1)

    with pytest.raises(RbdmError, match=r"^some sessions failed: session 1/3: a.mp4: no such file \(and 1 more\)$"):
        in_job(fails)


def test_an_error_for_the_user_has_no_trace(capsys: pytest.CaptureFixture[str]) -> None:
    def prints(error: Exception) -> str:
        def job() -> None:
            try:
                raise error
            except Exception:
                process.traceback.print_exc()

        in_job(job)
        return capsys.readouterr().err

    assert prints(RbdmError("a.mp4: no such file")) == ""
    assert "ZeroDivisionError" in prints(ZeroDivisionError())


def test_a_request_of_another_form_ends_the_job() -> None:
    with pytest.raises(InputError, match="has no field 'src'"):
        in_job(lambda: DatasetManager(data_description=[{"id": "expression"}], source_context={}))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_an_output_that_is_a_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "e.annotation")
    with pytest.raises(InputError, match="not a regular file"):
        loaded(file_output(tmp_path / "e.annotation"))
