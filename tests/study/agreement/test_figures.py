"""The figures as JSON."""

import json
from pathlib import Path

from rbdm.study import AgreementSettings, compare, write_figures
from rbdm.study.agreement.figures import figures, longest_disagreements
from tests.support.study import write_samples, write_segments

QUICK = AgreementSettings(samples=100, block=1)


def small(folder: Path):
    for name, border in (("v0", 2), ("v1", 4)):
        write_segments(folder / "A" / f"{name}.expression.annotation", [(0, 5, "Happy")])
        write_segments(folder / "B" / f"{name}.expression.annotation", [(0, border, "Happy"), (border, 5, "Sad")])
        for side in "AB":
            write_samples(folder / side / f"{name}.valence.annotation", [0.5] * 50)
    write_segments(folder / "B" / "v2.expression.annotation", [(0, 1, "Sad")])
    return compare(folder / "A", folder / "B", settings=QUICK)


def test_the_file_holds_the_figures(tmp_path: Path) -> None:
    agreement = small(tmp_path)
    write_figures(agreement, tmp_path / "out.json")
    written = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(figures(agreement)))
    assert (written["only_a"], written["only_b"], written["settings"]["samples"]) == ([], ["v2"], 100)
    assert written["expression"]["seconds"][1][:3] == [0, 6, 4]
    assert written["expression"]["kappa"]["value"] == 0 == written["videos"][0]["expression"]["kappa"]


def test_what_is_not_defined_is_null_with_a_reason(tmp_path: Path) -> None:
    found = figures(small(tmp_path))
    recall = found["expression"]["classes"]["Sad"]["recall"]
    assert (recall["value"], recall["reason"]) == (None, "A never has this expression where both have one")
    assert found["values"]["valence"]["unshifted"]["ccc"]["value"] is None
    assert found["values"]["valence"]["lag"] is None


def test_disagreements_of_all_videos_longest_first(tmp_path: Path) -> None:
    agreement = small(tmp_path)
    listed = figures(agreement)["expression"]["disagreements"]
    assert [(row["video"], row["start"], row["seconds"], row["a"], row["b"]) for row in listed] == [
        ("v0", 2, 3, "Happy", "Sad"),
        ("v1", 4, 1, "Happy", "Sad"),
    ]
    assert len(longest_disagreements(agreement, 1)) == 1
