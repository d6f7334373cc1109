"""The three annotation files of a video are written all together, or none of them."""

import pytest

from rbdm.errors import OutputError
from rbdm.export.annotations import write_annotations
from rbdm.options import Options
from rbdm.ssi import read_annotation
from tests.support.builders import steady


def test_all_three_are_written_each_with_its_own_scheme(tmp_path):
    paths = write_annotations(steady([True] * 5), Options(num_expressions=5), tmp_path, "a")
    assert {name: read_annotation(path).scheme.name for name, path in paths.items()} == {
        name: name for name in ("expression", "valence", "arousal")
    }
    names = [f"a.{name}.annotation{end}" for name in paths for end in ("", "~")]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_if_one_cannot_be_written_the_old_ones_stay(tmp_path):
    paths = write_annotations(steady([True] * 5), Options(), tmp_path, "a")
    before = paths["expression"].read_bytes()
    paths["arousal"].unlink()
    paths["arousal"].mkdir()
    with pytest.raises(OutputError):
        write_annotations(steady([True] * 9), Options(), tmp_path, "a")
    assert paths["expression"].read_bytes() == before
