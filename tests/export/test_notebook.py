"""The picture for notebooks is true to the frames, small, and good on light and dark pages."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from rbdm.expressions import EXPRESSIONS
from tests.support.builders import fast, happy_then, make, options_, predictions, steady
from tests.support.pages import SVG, shown_classes


def curves(prediction):
    """The paths of valence and arousal."""
    root = ET.fromstring(prediction._repr_html_())
    return [path.get("d") for path in root.iter(f"{SVG}path") if path.get("stroke-linecap")]


def valence_levels(prediction):
    """The heights at which the curve of valence has points."""
    return {float(y) for _, y in re.findall(r"([\d.]+) ([\d.]+)", curves(prediction)[0])}


def test_classes_and_gaps_are_drawn_where_they_are():
    shown = shown_classes(happy_then([True] * 50 + [False] * 25 + [True] * 25))
    assert shown == [("Happy", 0, 300), ("Sad", 450, 600)]
    assert shown_classes(steady([False] * 10)) == []


def test_curves_run_from_minus_one_to_one_and_break_at_gaps():
    valence, arousal = curves(steady([True, True, False, True, True], valence=[1, 0, 0, -1, 0]))
    points = [float(y) for _, y in re.findall(r"([\d.]+) ([\d.]+)", valence)]
    assert points == [0, 42, 84, 42]
    assert valence.count("M") == arousal.count("M") == 2
    assert curves(steady([False, True, False], valence=[0, 0.5, 0]))[0].count("M") == 1


def test_an_hour_is_drawn_with_few_points_in_the_right_places():
    has_face = (np.arange(108_000) // 5400) % 4 != 3
    prediction = happy_then(has_face, second=6, valence=np.where(np.arange(108_000) < 54_000, 0.5, -0.5))
    html = prediction._repr_html_()
    assert len(html) < 40_000
    assert max(curve.count("L") + curve.count("M") for curve in curves(prediction)) <= 600
    shown = shown_classes(prediction)
    assert {name for name, _, _ in shown} == {"Happy", "Anger"}
    runs = np.flatnonzero(np.diff(has_face.astype(int), prepend=0) == 1)
    starts = sorted([*(runs / 180), 300])
    assert [left for _, left, _ in shown] == pytest.approx(starts, abs=1)
    assert valence_levels(prediction) == {21.0, 63.0}


def test_a_frame_is_drawn_as_wide_as_it_lasts():
    prediction = make([0, 1, 9], [True] * 3, duration=10, probabilities=np.eye(8)[[1, 2, 3]])
    assert shown_classes(prediction) == [("Happy", 0, 60), ("Sad", 60, 540), ("Surprise", 540, 600)]


@fast
@given(predictions(), options_)
def test_the_picture_is_xml_whatever_was_predicted(prediction, options):
    prediction = replace(prediction, options=options, video=Path('<script>"&x".mp4'))
    root = ET.fromstring(prediction._repr_html_())
    assert root.tag == f"{SVG}svg" and root.findtext(f"{SVG}text").startswith('<script>"&x".mp4')
    assert not [element for element in root.iter() if "script" in element.tag]
    for name, left, right in shown_classes(prediction):
        assert name in [expression.name for expression in EXPRESSIONS[: options.num_expressions]]
        assert 0 <= left <= right <= 600.1
    assert "nan" not in prediction._repr_html_().lower()


def test_the_picture_fits_light_and_dark_pages():
    html = steady([True] * 5)._repr_html_()
    assert 'fill="currentColor"' in html and "white" not in html and "#fff" not in html.lower()
