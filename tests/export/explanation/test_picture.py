"""The picture of an explanation says what it shows, and what it does not say."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from rbdm.errors import OutputError
from rbdm.export.explanation.blending import LIMITS
from rbdm.export.explanation.picture import draw, texts, title, write_picture


def test_the_texts_name_the_number_and_the_parts(happy):
    assert title(happy) == f"{happy.video.name}, 1.00 s: Happy {100 * happy.value:.0f} %"
    assert title(replace(happy, target="valence", value=-0.304)).endswith("valence −0.30")
    parts, scale, limits = texts(happy)
    assert parts.startswith("Of all that speaks for Happy: brows and eyes ") and parts.count("%") == 4
    assert "strongest place" in scale and "relevance" in scale
    assert limits == LIMITS
    assert texts(replace(happy, target="valence"))[0].startswith("Of all that raises it: ")


def test_without_key_points_the_picture_says_so(happy):
    assert texts(replace(happy, points=None))[0] == (
        "No key points of the face were found, so there are no shares of its parts."
    )


def test_a_map_without_anything_for_the_class(happy):
    assert texts(replace(happy, map=np.zeros_like(happy.map)))[0] == "Nothing in this crop speaks for Happy."


def test_the_map_is_orange_at_the_mouth(happy, tmp_path):
    write_picture(happy, tmp_path / "a.png")
    found = cv2.imread(str(tmp_path / "a.png"))[:, :, ::-1].astype(int)
    np.testing.assert_array_equal(found, draw(happy))
    right = found[54 : 54 + 448, 480 : 480 + 448]
    orange = (right[..., 0] - right[..., 2] > 60).mean(axis=1)
    assert orange[224:].sum() > 2 * orange[:224].sum()
    left = found[54 : 54 + 448, 16 : 16 + 448]
    assert (left.max(axis=2) - left.min(axis=2)).max() == 0, "the open weights see grey faces"


def test_a_folder_that_is_missing_is_one_line(happy, tmp_path):
    with pytest.raises(OutputError, match="missing"):
        write_picture(happy, tmp_path / "missing" / "a.png")
