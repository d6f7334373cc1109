"""The library's annotation templates: their schemes are used as they are, and filled with our segments and samples."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbdm.errors import SchemeError
from rbdm.options import Options
from rbdm.server.database import documents
from rbdm.server.request import requested_annotations
from rbdm.server.templates import RequestedAnnotation, fill_template
from rbdm.ssi import DiscreteScheme, SchemeClass
from rbdm.timeline.annotations import expression_annotation, value_annotation
from rbdm.timeline.schemes import expression_scheme, value_scheme
from tests.support.library import file_output, loaded, two_classes

pytest.importorskip("discover_utils", reason="needs the extra server")
from discover_utils.data.annotation import (
    ContinuousAnnotation,
    ContinuousAnnotationScheme,
    DiscreteAnnotation,
    DiscreteAnnotationScheme,
)
from discover_utils.data.handler.file_handler import FileHandler


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
    assert isinstance(filled, DiscreteAnnotation)
    assert filled.annotation_scheme.classes["6"] == {"id": "6", "name": "Anger", "color": "#FFD03A3A"}
    assert filled.data[["from", "to", "id"]].tolist() == [(0, 67, 1), (100, 134, 6)]
    filled = fill_template(valence, value_annotation(prediction, "valence", Options()))
    assert isinstance(filled, ContinuousAnnotation)
    scheme = filled.annotation_scheme
    assert (scheme.name, scheme.sample_rate, scheme.min_val, scheme.max_val) == ("valence", 30, -1, 1)


def test_scheme_left_by_another_module_is_filled(tmp_path: Path) -> None:
    path = tmp_path / "valence.annotation"
    template = ContinuousAnnotation(
        scheme=ContinuousAnnotationScheme(name="generic", sample_rate=1, min_val=0, max_val=1),
        data=np.zeros(3, [("score", "f4"), ("conf", "f4")]),
    )
    FileHandler().save(template, path)
    (output,) = requested_annotations(loaded(file_output(path, "valence", "continuous")))
    assert output.scheme(value_scheme("valence", 25.0)) == value_scheme("valence", 25.0)


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
    template = DiscreteAnnotation(scheme=DiscreteAnnotationScheme(name="mood", classes=classes))
    request = {"src": "db:annotation:Discrete", "annotator": "system", "role": "child"}
    target = documents.AnnotationKey("data", "one", "mood", "system", "child")
    output = RequestedAnnotation("expression", "expression", template, None, target, request)
    scheme = output.scheme(expression_scheme())
    assert scheme == DiscreteScheme("mood", (SchemeClass(1, "Anger", "#FF0000"), SchemeClass(2, "Happiness")))
    filled = fill_template(output, expression_annotation(two_classes(), Options(), scheme, print))
    assert filled.annotation_scheme.classes == classes
    assert filled.data["id"].tolist() == [2, 1]
