"""Results of hours of video are written fast, in little memory, and stay small."""

import time as clock
import tracemalloc
from dataclasses import replace

import cv2
import numpy as np
import pytest

from rbdm.export.report import write_report
from rbdm.export.table import table, write_csv
from tests.support.builders import random_prediction, steady


def test_the_table_of_two_hours_is_written_fast_and_in_little_memory(tmp_path):
    prediction = steady(np.arange(216_000) % 50 < 45, 30)
    table(prediction)
    tracemalloc.start()
    started = clock.perf_counter()
    write_csv([prediction], tmp_path / "a.csv")
    seconds, (_, peak) = clock.perf_counter() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 60
    # The columns themselves are 216,000 × 19 numbers, and smoothing makes copies.
    assert peak < 150e6
    with (tmp_path / "a.csv").open() as file:
        assert sum(1 for _ in file) == 216_001


@pytest.mark.parametrize("rate", [30, 60])
def test_the_page_of_an_hour_stays_below_five_megabytes(tmp_path, rate):
    hour = random_prediction(3600 * rate, rate=rate)
    # Boxes of a detector are never still. On a real face, they differ by 0.1 to 0.3 % from frame to frame.
    noise = np.random.default_rng(0).normal(0, 0.003, hour.boxes.shape).astype(np.float32)
    write_report([replace(hour, boxes=hour.boxes + noise)], tmp_path / "hour.html")
    assert (tmp_path / "hour.html").stat().st_size < 5_000_000


def test_the_page_of_an_hour_stays_below_five_megabytes_with_pictures_of_noise(tmp_path, open_weights):
    """The worst that pictures and their maps can add: noise, which JPEG cannot make small."""
    noise = np.random.default_rng(0).integers(0, 256, (360, 640, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "noise.png"), noise)
    write_report([random_prediction(216_000, rate=60)], tmp_path / "hour.html")
    one = replace(random_prediction(1), video=tmp_path / "noise.png", weights_sha256=open_weights.sha256)
    open_options = replace(one.options, weights="open")
    write_report([replace(one, options=open_options)], tmp_path / "with.html", with_maps=True)
    write_report([random_prediction(1)], tmp_path / "without.html")
    both = (tmp_path / "with.html").stat().st_size - (tmp_path / "without.html").stat().st_size
    # One thumbnail (72²) and one large picture (144²), of 60 and 12; 1 % for the words about them.
    most = 1.01 * both * (60 / 5 + 12 * 4 / 5)
    assert (tmp_path / "hour.html").stat().st_size + most < 5_000_000
