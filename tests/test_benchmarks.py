"""The computed parts of benchmarks: where the result can be computed by hand, it is the same."""

import numpy as np
import pytest

from benchmarks.clear_frames import clear_figures, markdown
from benchmarks.simulated_cluster import Costs, Limits, limit_of, simulate, video_lengths

PLAIN = Costs(start=0.0, first=0.0, video=0.0, frame=0.01, bytes_per_frame=1000.0)
"""100 frames and 0.1 MB per second."""


def test_one_worker_needs_the_sum():
    costs = Costs(start=3.0, first=2.0, video=0.5, frame=0.01, bytes_per_frame=0.0)
    assert simulate([100, 200, 300], 1, costs, Limits()).seconds == pytest.approx(3 + 2 + 3 * 0.5 + 6)


def test_the_longest_video_comes_first():
    outcome = simulate([100, 100, 100, 300], 2, PLAIN, Limits())
    assert outcome.seconds == pytest.approx(3)
    assert outcome.busy == pytest.approx(1)
    assert simulate([100, 100, 600], 2, PLAIN, Limits()).busy == pytest.approx(8 / 12)


def test_a_slow_file_system_slows_all_workers_together():
    outcome = simulate([100] * 40, 10, PLAIN, Limits(bandwidth=0.5e6))
    assert outcome.read == pytest.approx(1e6)
    assert outcome.seconds == pytest.approx(8), "4 MB at 0.5 MB/s"
    assert outcome.slowed == pytest.approx(1)
    assert simulate([100] * 40, 5, PLAIN, Limits(bandwidth=0.5e6)).slowed == 0


def test_a_slow_scheduler_hands_out_one_video_after_the_other():
    assert simulate([100] * 10, 10, PLAIN, Limits(tasks=2.0)).seconds == pytest.approx(5 + 1)


@pytest.mark.parametrize(
    ("lengths", "workers", "limits", "expected"),
    [
        ([100] * 1000, 10, Limits(1e6, 1e9), "the number of workers"),
        ([100] * 1000, 10, Limits(1e6, 0.5e6), "file system"),
        ([100] * 1000, 10, Limits(5.0, 1e9), "scheduler"),
        ([100] * 10 + [5000], 10, Limits(1e6, 1e9), "longest video"),
        ([100] * 10 + [5000], 10, Limits(1e6, 1e4), "file system"),
    ],
)
def test_what_the_limit_is(lengths, workers, limits, expected):
    assert limit_of(lengths, workers, PLAIN, limits) == expected


def test_a_study_has_the_hours_that_were_asked_for_and_is_the_same_each_time():
    lengths = video_lengths(1000, 30, 25)
    assert lengths == video_lengths(1000, 30, 25)
    assert sum(lengths) / 25 / 3600 == pytest.approx(1000, rel=0.005)
    assert max(lengths) <= 4 * 3600 * 25
    assert 20 < sorted(lengths)[len(lengths) // 2] / 25 / 60 < 40


def frames(*tops: tuple[int, float]) -> np.ndarray:
    """(N, 8) probabilities: a class and its probability for each frame; the others share the rest."""
    rows = np.array([np.full(8, (1 - top) / 7) for _, top in tops])
    rows[np.arange(len(tops)), [index for index, _ in tops]] = [top for _, top in tops]
    return rows


def test_clear_frames_by_class():
    figures = clear_figures(frames((0, 0.9), (0, 0.6), (1, 0.8), (0, 0.7)))
    assert (figures["frames"], figures["clear"]) == (4, 0.5), "0.7 itself is not clear"
    assert figures["classes"]["Neutral"] == {"frames": 3, "clear": pytest.approx(1 / 3)}
    assert figures["classes"]["Happy"] == {"frames": 1, "clear": 1.0}
    assert figures["classes"]["Sad"] == {"frames": 0, "clear": None}


def test_table_of_clear_frames():
    head, line, first, second = markdown(
        {"a.mp4": clear_figures(frames((1, 0.9), (2, 0.5))), "b.mp4": clear_figures(np.empty((0, 8)))}
    )
    assert [row.count("|") for row in (head, line, first, second)] == [12] * 4
    assert first == "| a.mp4 | 2 | 50% | – | 100% of 1 | 0% of 1 | – | – | – | – | – |"
    assert second.startswith("| b.mp4 | 0 | – | – |")
