"""Small samples of the media campaign and of the fault campaign; see docs/media.md for the whole."""

from dataclasses import replace

import pytest

from tests.campaigns import barcode, clip_writer, fault_check, faults, media_cases, media_check, mutations, ssi_faults
from tests.campaigns.media_check import Outcome

SAMPLE = 14
SEED = 1
FAULTY = ("h264.mp4", "mpeg4.avi", "h264.ts")


@pytest.mark.parametrize("number", [0, 1, 511, 512, 1023])
def test_the_bar_code_can_be_read(number):
    image = barcode.draw(number, 160, 120)
    assert barcode.read(image) == barcode.Reading(number, True, 0.0, 0.0)
    assert not barcode.read(image[:, ::-1]).upright


def test_the_cases_contain_each_pair_of_values():
    every = media_cases.pairwise_cases()
    cover = media_cases.smallest_cover(every)
    assert len(cover) >= 300
    assert media_cases.pairs_covered(cover) == media_cases.pairs_covered(every)
    assert all(media_cases.possible(case) for case in every)


def small_cases():
    cases = [case for case in media_cases.pairwise_cases() if case.size == "small" and case.codec not in SLOW]
    return media_cases.sample(cases, SAMPLE, SEED)


SLOW = {"libsvtav1", "libx265", "libvpx-vp9"}


@pytest.mark.parametrize("case", small_cases(), ids=str)
def test_a_clip_is_read_right_or_the_difference_is_said(tmp_path, case):
    path = tmp_path / f"clip.{case.container}"
    outcome = media_check.check(path, clip_writer.write(case, path))
    assert outcome.kind != "WRONG, NOT SAID", outcome


def test_the_check_notices_wrong_times_and_wrong_pictures(tmp_path):
    case = media_cases.plain("mp4", "libx264")
    truth = clip_writer.write(case, tmp_path / "clip.mp4")
    late = replace(truth, times=tuple(time + 0.04 * (index > 5) for index, time in enumerate(truth.times)))
    assert [fault.split(":")[0] for fault in media_check.check(tmp_path / "clip.mp4", late).faults] == [
        "times",
        "duration",
    ]
    turned = replace(case, rotation="90")
    clip_writer.write(turned, tmp_path / "turned.mp4")
    faults_found = media_check.check(tmp_path / "turned.mp4", truth).faults
    assert any(fault.startswith("size") for fault in faults_found)
    assert Outcome(["times"], []).kind == "WRONG, NOT SAID"


@pytest.mark.parametrize("kind", FAULTY)
def test_a_damaged_video_is_refused_or_the_damage_is_said(tmp_path, kind):
    base = faults.write_base(kind, tmp_path)
    for seed in range(len(mutations.MUTATIONS)):
        name, damage = faults.run_task(faults.Task(base, seed))
        assert not damage.bad, (name, seed)
        assert not damage.silent or name in UNNOTICED, (name, seed, damage)


UNNOTICED = {"one bit flipped", "8 bits flipped", "noise", "start missing"}
"""Damage that may give another valid picture: no decoder can notice it."""


def test_the_check_of_damage_notices_missing_frames(tmp_path):
    base = faults.write_base("h264.mp4", tmp_path, count=20)
    more = (*base.numbers, 20), (*base.times, 0.8)
    damage = fault_check.examine(tmp_path / "h264-mp4.mp4", *more)
    assert damage.silent
    assert damage.lost == pytest.approx(1 / 21)


@pytest.mark.parametrize("kind", ssi_faults.FORMATS)
def test_a_damaged_stream_or_annotation_is_refused_or_read_whole(kind):
    for seed in range(60):
        result = ssi_faults.run_task(ssi_faults.SsiTask(kind, seed))
        assert result.bad is None, (seed, result)
