"""Text is as wide as it says, and its lines fit."""

import numpy as np
import pytest

from rbdm.export.lettering import Lettering


@pytest.mark.parametrize("text", ["a", "Happy 99 %", "a longer text, with −0.30"])
def test_text_is_as_wide_as_it_says(text):
    letters, image = Lettering(20), np.zeros((40, 600, 3), np.uint8)
    letters.write(image, text, 10, 10, (255, 255, 255))
    columns, rows = np.flatnonzero(image.any(axis=(0, 2))), np.flatnonzero(image.any(axis=(1, 2)))
    assert columns[0] >= 9 and columns[-1] <= 10 + letters.width(text) + 1
    assert columns[-1] >= 10 + 0.8 * letters.width(text)
    assert rows[0] >= 8 and rows[-1] <= 36


def test_lines_fit_and_lose_no_word():
    letters, text = Lettering(16), "one two three four five six seven eight nine ten"
    lines = letters.wrapped(text, 120)
    assert len(lines) > 2 and " ".join(lines) == text
    assert all(letters.width(line) <= 120 for line in lines)
    assert letters.wrapped("incomprehensibilities", 20) == ["incomprehensibilities"]
