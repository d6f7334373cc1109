"""What a page says in words and figures agrees with the video, the annotations, the manifest and the model card."""

from dataclasses import replace

import numpy as np
import pytest

from rbdm.export.report.facts import LAW, MUST_NOT, SHOWS, class_times, quality_facts
from rbdm.expressions import EXPRESSIONS
from rbdm.files.resources import BUNDLED
from rbdm.network.manifest import read_manifest
from rbdm.timeline.annotations import expression_segments
from rbdm.timeline.quality import RULES
from tests.support.builders import random_prediction
from tests.support.pages import page_of
from tests.support.paths import ROOT

NAMES = [expression.name for expression in EXPRESSIONS]
OPEN = read_manifest(BUNDLED / "manifest.json")["open"]


def test_the_limits_are_those_of_the_model_card(tmp_path):
    card = " ".join((ROOT / "MODEL_CARD.md").read_text(encoding="utf-8").split())
    text = page_of(random_prediction(2), tmp_path).text
    section = card[card.index("## What it must not be used for") : card.index("## What it is bad at")]
    assert section.count(" - ") == len(MUST_NOT)
    for sentence in (*MUST_NOT, LAW):
        assert sentence in section
        assert sentence in text
    assert SHOWS in card
    assert SHOWS in text


def test_facts_of_the_video_and_its_options(tmp_path):
    prediction = random_prediction(90, face=[True] * 60 + [False] * 30, smoothing_ms=120)
    prediction = replace(prediction, options=replace(prediction.options, face_confidence=0.7))
    text = page_of(prediction, tmp_path).text
    for fact in ("640 × 360 pixels", "3.00 s", "30 frames/s", "Frames 90", "60 (67 %)", OPEN.name, OPEN.sha256):
        assert fact in text
    assert "face_confidence 0.7" in text
    assert "smoothed over 120 ms" in text


def test_the_share_of_doubtful_frames_is_said_by_rule(tmp_path):
    prediction = random_prediction(40, face=[True] * 20 + [False] * 20)
    confidence = np.where(prediction.has_face, 0.9, 0)
    confidence[:4] = 0.5
    pose = np.where(prediction.has_face[:, None], [0, 0], np.nan)
    pose[3:6] = 0, 70
    prediction = replace(prediction, face_confidence=np.float32(confidence))
    assert quality_facts(prediction) == [], "boxes from a stream"
    facts = dict(quality_facts(replace(prediction, head_pose=np.float32(pose))))
    assert list(facts) == ["Doubtful frames"]
    shares = [f"{name} {share} ({RULES[name]})" for name, share in (("turned", "15 %"), ("unsure", "20 %"))]
    assert facts["Doubtful frames"] == "30 % of those with a face: " + "; ".join(shares)
    assert facts["Doubtful frames"] in page_of(replace(prediction, head_pose=np.float32(pose)), tmp_path).text
    none = np.full((40, 2), np.nan, np.float32)
    assert quality_facts(replace(prediction, head_pose=none)) == [], "no frame has a face"


def test_times_in_classes_are_those_of_the_annotations_segments():
    face = np.random.default_rng(1).random(400) > 0.2
    prediction = random_prediction(400, face=face, num_expressions=5, smoothing_ms=100)
    segments = expression_segments(prediction, prediction.options)
    times = class_times(prediction)
    assert [entry.name for entry in times] == NAMES[:5]
    for index, entry in enumerate(times):
        own = segments[segments["id"] == index]
        assert entry.segments == len(own)
        assert entry.seconds == pytest.approx((own["to"] - own["from"]).sum())
    assert sum(entry.share for entry in times) == pytest.approx(1)


@pytest.mark.parametrize(("entry", "licence"), [("open", "MIT"), ("official", "CC BY-NC-ND 4.0")])
def test_the_licence_of_the_weights_is_the_manifests(tmp_path, entry, licence):
    known = read_manifest(BUNDLED / "manifest.json")[entry]
    prediction = replace(random_prediction(2), weights=known.name, weights_licence=known.licence)
    assert f"Licence of the weights {licence} " in page_of(prediction, tmp_path).text


def test_weights_without_a_known_licence_say_so(tmp_path):
    prediction = replace(random_prediction(2), weights="mine", weights_licence="")
    assert "Licence of the weights unknown: ask whoever made them" in page_of(prediction, tmp_path).text
