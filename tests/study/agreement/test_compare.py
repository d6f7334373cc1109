"""Two annotators compared: from files to numbers."""

from pathlib import Path

import numpy as np
import pytest

from rbdm.errors import InputError
from rbdm.study import AgreementSettings, compare
from rbdm.study.agreement import classes
from tests.support.study import NOVA_EMOTIONS, NOVA_VALENCE, write_nova_file, write_samples, write_segments

QUICK = AgreementSettings(samples=200, block=1)


def curve(seed: int, count: int = 600) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=count + 20)
    return np.clip(np.convolve(noise, np.ones(21) / 21, "valid") * 3, -1, 1)


def study(folder: Path, *, late: int = 0, videos: int = 6) -> tuple[Path, Path]:
    """Two folders: A's annotations, and B's, whose valence is `late` samples (of 0.1 s) later."""
    for number in range(videos):
        scores = curve(number)
        for side, by in (("A", 0), ("B", late)):
            write_samples(folder / side / f"v{number}.valence.annotation", np.roll(scores, by).tolist())
            border = 2 if side == "A" else 3
            rows = [(0, border, "Happy"), (border, 6, "Sad")]
            write_segments(folder / side / f"v{number}.expression.annotation", rows)
    return folder / "A", folder / "B"


def test_equal_annotations_agree_fully(tmp_path: Path) -> None:
    a, _ = study(tmp_path)
    found = compare(a, a, settings=QUICK)
    assert found.expression is not None
    for estimate in (found.expression.kappa, found.expression.alpha, found.expression.agreed):
        assert (estimate.value, estimate.low, estimate.high) == (1, 1, 1)
    valence = found.values["valence"]
    for name in ("icc2", "icc3", "ccc", "pearson"):
        assert valence.unshifted[name].value == pytest.approx(1)
    assert valence.unshifted["rmse"].value == pytest.approx(0, abs=1e-7)
    assert valence.lag == 0
    assert found.notes == []


def test_exact_seconds_and_steps(tmp_path: Path) -> None:
    found = compare(*study(tmp_path), settings=QUICK)
    assert found.expression is not None
    seconds = found.expression.seconds
    assert (
        seconds[1, 1] == pytest.approx(12) and seconds[2, 1] == pytest.approx(6) and seconds[2, 2] == pytest.approx(18)
    )
    assert seconds.sum() == pytest.approx(6 * 60)
    table = np.array([[120.0, 0], [60, 180]])
    assert found.expression.kappa.value == pytest.approx(classes.kappa(table).item())
    happy = found.expression.of_class["Happy"]
    assert (happy["precision"].value, happy["recall"].value) == (pytest.approx(2 / 3), 1)
    assert list(found.expression.of_class) == ["Happy", "Sad"]
    longest = found.videos[0].expression.disagreements
    assert (longest.start.tolist(), longest.seconds.tolist()) == ([2], [1])


@pytest.mark.parametrize("late", [7, -12])
def test_the_lag_is_found_and_is_positive_if_b_is_late(tmp_path: Path, late: int) -> None:
    found = compare(*study(tmp_path, late=late), settings=QUICK).values["valence"]
    assert found.lag == pytest.approx(late / 10)
    assert found.shifted["ccc"].value > 0.99 > found.unshifted["ccc"].value
    assert found.lag_note == ""


def test_a_lag_at_the_limit_is_said(tmp_path: Path) -> None:
    settings = AgreementSettings(samples=200, max_lag=0.5)
    found = compare(*study(tmp_path, late=7), settings=settings).values["valence"]
    assert (found.lag, found.lag_note) == (0.5, "this is the end of what was tried, ±0.5 s")
    assert compare(*study(tmp_path, late=7), settings=AgreementSettings(max_lag=0)).values["valence"].lag == 0


def test_a_and_b_change_places(tmp_path: Path) -> None:
    a, b = study(tmp_path, late=5)
    forth, back = compare(a, b, settings=QUICK), compare(b, a, settings=QUICK)
    assert forth.expression and back.expression
    assert forth.expression.kappa == back.expression.kappa
    np.testing.assert_allclose(forth.expression.seconds, back.expression.seconds.T)
    one, other = forth.values["valence"], back.values["valence"]
    assert one.lag == -other.lag
    for name in ("icc2", "icc3", "ccc", "pearson", "rmse"):
        assert one.unshifted[name].value == pytest.approx(other.unshifted[name].value)


def test_time_without_a_value_is_excluded_and_counted(tmp_path: Path) -> None:
    scores = [(score, 0.0 if 10 <= i < 30 else 0.9) for i, score in enumerate(curve(0, 100).tolist())]
    write_samples(tmp_path / "a.valence.annotation", scores)
    write_samples(tmp_path / "b.valence.annotation", curve(1, 90).tolist())
    found = compare(tmp_path / "a.valence.annotation", tmp_path / "b.valence.annotation", settings=QUICK)
    seconds = {name: round(value, 6) for name, value in found.values["valence"].seconds.items()}
    assert seconds == {"both": 7, "only_a": 1, "only_b": 2, "neither": 0}


def test_nova_and_rbdm(tmp_path: Path) -> None:
    rows = ["0;2;1;1;", "2;3;2;1;", "3;4;0;1;"]
    write_nova_file(tmp_path / "s1/guest.emotion.ann.annotation", NOVA_EMOTIONS, rows, "guest", "ann")
    write_nova_file(tmp_path / "s1/guest.valence.ann.annotation", NOVA_VALENCE, ["50;1", "75;1"] * 10, "guest", "ann")
    segments = [(0, 2, "Happy"), (2, 4, "Fear")]
    more = {"annotator": "rbdm", "role": "guest"}
    write_segments(tmp_path / "s1/guest.expression.rbdm.annotation", segments, **more)
    write_samples(tmp_path / "s1/guest.valence.rbdm.annotation", [0.0, 0.5] * 10, 5, **more)
    write_samples(tmp_path / "s1/guest.arousal.rbdm.annotation", [0.0, 0.5] * 10, 5, scheme="arousal", **more)
    found = compare("ann", "rbdm", dataset=tmp_path, settings=QUICK)
    assert (found.a, found.b) == ("ann", "rbdm")
    assert found.values["valence"].unshifted["rmse"].value == pytest.approx(0, abs=1e-9)
    assert found.expression is not None
    assert found.expression.seconds[1, 1] == 2 and found.expression.seconds[6, 4] == 1
    assert found.notes == [
        "s1 (guest): only B has arousal",
        "s1 (guest): segments of A that are no expression count as none: Talking",
        "s1 (guest): B's Fear cannot agree: A's scheme does not have it",
        "s1 (guest): A's valence has 5 samples per second: --step 0.2 fits it",
        "s1 (guest): B's valence has 5 samples per second: --step 0.2 fits it",
    ]


def test_curves_of_other_durations_are_noted_once_for_all_videos(tmp_path: Path) -> None:
    for number in range(5):
        write_samples(tmp_path / "A" / f"v{number}.valence.annotation", curve(number, 100).tolist())
        write_samples(tmp_path / "B" / f"v{number}.valence.annotation", curve(number, 130).tolist())
    found = compare(tmp_path / "A", tmp_path / "B", settings=QUICK)
    assert found.notes == ["v0, v1, v2 and 2 more: A's valence lasts 10.0 s, B's 13.0 s: is it the same video?"]


def test_nothing_in_common_is_an_error(tmp_path: Path) -> None:
    write_samples(tmp_path / "A" / "v.valence.annotation", [0.1] * 20)
    write_segments(tmp_path / "B" / "v.expression.annotation", [(0, 2, "Sad")])
    with pytest.raises(InputError, match="no video has the same kind of annotation by both"):
        compare(tmp_path / "A", tmp_path / "B")


def test_constant_values_have_no_coefficients_but_a_reason(tmp_path: Path) -> None:
    for side in "AB":
        write_samples(tmp_path / side / "v.valence.annotation", [0.25] * 200)
        write_segments(tmp_path / side / "v.expression.annotation", [(0, 20, "Sad")])
    found = compare(tmp_path / "A", tmp_path / "B", settings=QUICK)
    assert found.expression is not None
    assert np.isnan(found.expression.kappa.value)
    assert found.expression.kappa.reason == "both have one and the same expression all the time"
    valence = found.values["valence"]
    assert np.isnan(valence.unshifted["ccc"].value)
    assert valence.unshifted["ccc"].reason == "the values of A and B never change"
    assert np.isnan(valence.lag) and valence.lag_note and valence.shifted == {}


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    compare(*study(tmp_path, videos=3), settings=QUICK, progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 3), (1, 3), (2, 3)]
