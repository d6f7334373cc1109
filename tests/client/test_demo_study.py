"""The small study: what faces do in it, and that it replaces nothing. README's test covers the rest."""

from pathlib import Path

import pytest

from rbdm.client.demo_study import _FACES, _state, write_study
from rbdm.errors import OutputError


def test_a_face_changes_within_a_third_of_a_second() -> None:
    script = [(0, "Neutral"), (2.0, "Happy"), (4.0, "away"), (5.0, "Happy")]
    assert _state(script, 2.0, "Neutral") == (_FACES["Neutral"], 0)
    (corners, brows), away = _state(script, 2.16, "Neutral")
    assert (corners, brows, away) == pytest.approx((0.11, 0.09, 0))
    assert _state(script, 2.4, "Neutral") == (_FACES["Happy"], 0)
    assert _state(script, 4.5, "Neutral")[1] == 1 and _state(script, 6, "Neutral") == (_FACES["Happy"], 0)


def test_a_photograph_that_shows_the_expression_stays_as_it_is() -> None:
    assert _state([(0, "Happy")], 3, "Happy") == ((0, 0), 0)


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "windows.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="is not empty: name a new folder"):
        write_study(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["windows.csv"]
