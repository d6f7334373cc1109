"""A request asks for annotations: which, and where they are to be written."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rbdm.errors import OutputError, SchemeError
from rbdm.server.job import Job
from rbdm.server.request import make_writable, requested_annotations, shared_outputs, use_known_scheme
from tests.support.library import file_output, loaded

pytest.importorskip("discover_utils", reason="needs the extra server")
from discover_utils.data.annotation import (
    DiscreteAnnotation,
    DiscreteAnnotationScheme,
)
from discover_utils.data.provider.data_manager import DatasetManager


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
    assert list(session.output_data_templates) == ["mood"], "its scheme is not even read"
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


class Schemes:
    """A session of a dataset with these discrete schemes."""

    dataset = "talks"

    def __init__(self, *names: str) -> None:
        self.names, self.questions = names, 0

    def find(self, wanted: Any, projection: Any) -> list[dict[str, str]]:
        self.questions += 1
        return [{"name": name} for name in self.names]


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rbdm.server.request._client", lambda session: {"talks": {"Schemes": session}})


def db_output(scheme: str, id: str = "expression", **more: Any) -> dict[str, Any]:
    names = {"scheme": scheme, "annotator": "system", "role": "guest"}
    return {"src": "db:annotation", "type": "output", "id": id, "active": True, **names, **more}


@pytest.mark.parametrize(
    ("has", "wanted", "used"),
    [
        (("emotion", "mood"), "expression", "emotion"),
        (("emotion", "expression"), "expression", "expression"),
        (("mood",), "expression", "expression"),
        (("emotion",), "mood", "mood"),
    ],
)
def test_the_scheme_of_hcmlabs_module_takes_the_place_of_our_default(
    database: None, has: tuple[str, ...], wanted: str, used: str
) -> None:
    entry, said = db_output(wanted), []
    job = Job(say=said.append)
    use_known_scheme(job, Schemes(*has), [entry])
    assert entry["scheme"] == used
    assert len(said) == (used != wanted) and all("no scheme 'expression': uses its scheme 'emotion'" in s for s in said)


def test_the_schemes_are_looked_up_once_in_a_job(database: None) -> None:
    session, job = Schemes("expression"), Job()
    for _ in range(3):
        use_known_scheme(job, session, [db_output("expression")])
    use_known_scheme(Job(), session, [db_output("expression", active=False), file_output(Path("e.annotation"))])
    assert session.questions == 1


def test_an_output_that_the_client_fetches_is_named_after_its_id() -> None:
    """All three would have one name, or a random one."""
    wanted = [
        {"src": "request:annotation:Discrete", "type": "output", "id": "expression", "data": ""},
        {"src": "request:annotation:Continuous", "type": "output", "id": "her/valence", "data": ""},
    ]
    session = loaded(*wanted)
    outputs = requested_annotations(session)
    assert [(o.name, o.path, o.target, o.template.meta_data.name) for o in outputs] == [
        ("expression", None, None, "expression.annotation"),
        ("valence", None, None, "her_valence.annotation"),
    ]


def manager(session: str, *outputs: dict[str, Any]) -> Any:
    return DatasetManager(data_description=list(outputs), source_context={}, session_names=[session])


def refused(*managers: Any) -> list[str | None]:
    """For each session its error, or None."""
    found = shared_outputs(managers)
    return [str(found[id(each)]) if id(each) in found else None for each in managers]


def test_two_outputs_with_one_file_are_refused(tmp_path: Path) -> None:
    same = tmp_path / "x" / ".." / "a.annotation"
    wrong = manager("one", file_output(tmp_path / "a.annotation"), file_output(same, "valence", "continuous"))
    assert refused(wrong) == [
        f"{tmp_path / 'a.annotation'}: two outputs of the request would write it: give each its own"
    ]
    off = file_output(same, "valence", "continuous", active="False")
    assert refused(manager("one", file_output(tmp_path / "a.annotation"), off)) == [None]


def test_two_sessions_with_one_file_are_refused_and_the_others_are_not(tmp_path: Path) -> None:
    fixed = file_output(tmp_path / "a.annotation")
    template = {"src": "file:annotation:discrete", "type": "output", "id": "expression"}
    own = template | {"uri_template": f"{tmp_path.as_posix()}/{{session}}.annotation"}
    one, other, third = refused(manager("one", fixed), manager("two", fixed), manager("three", own))
    assert one is not None and one == other and "a.annotation: the sessions 'one' and 'two' would both write it" in one
    assert third is None
    assert refused(manager("one", own), manager("two", own)) == [None, None]
    assert (
        refused(manager("one", own), manager("one", own))
        == ["session 'one' is in the request more than once: name it once"] * 2
    )


def test_two_outputs_with_one_annotation_of_the_database_are_refused() -> None:
    class Session:
        dataset, session = "talks", "one"

    names = {"scheme": "valence", "annotator": "ann", "role": "guest", "type": "output", "src": "db:annotation"}
    Session.data_description = [names | {"id": "a"}, names | {"id": "b"}]  # type: ignore[attr-defined]

    class Manager:
        sessions = {"one": {"manager": Session()}}  # noqa: RUF012

    (error,) = refused(Manager())
    assert error is not None and error.startswith("annotation 'valence' of annotator 'ann'") and "two outputs" in error
    Session.data_description[1]["role"] = "host"  # type: ignore[attr-defined]
    assert refused(Manager()) == [None]
    del Session.data_description[0]["role"]  # type: ignore[attr-defined]
    assert refused(Manager()) == [None], "loading the session names the missing field"
