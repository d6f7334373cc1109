"""A page shows faces from the video, or says why it has no pictures."""

from dataclasses import replace

import cv2
import numpy as np

from tests.support.builders import random_prediction
from tests.support.pages import page_of


def test_a_large_picture(tmp_path):
    cv2.imwrite(str(tmp_path / "large.jpg"), np.full((3456, 4608, 3), 90, np.uint8))
    prediction = replace(random_prediction(1, rate=1), video=tmp_path / "large.jpg", width=4608, height=3456)
    parsed = page_of(prediction, tmp_path)
    assert next(picture["alt"] for picture in parsed.all("img")).startswith("Face at 0:00.00: ")
    assert len(parsed.all("img")) == 2


def test_without_the_video_the_page_says_that_it_has_no_pictures(tmp_path):
    parsed = page_of(random_prediction(30), tmp_path)
    assert not parsed.all("img")
    assert "could not be opened again" in parsed.text
