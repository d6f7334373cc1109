"""What a user of Python does: annotate a video with other options, and save it."""

from pathlib import Path

import numpy as np

from rbdm import Annotator, Options, annotate
from tests.support.command_line import write_short_clip
from tests.support.nova_reader import open_in_nova


def test_annotate_with_five_expressions_and_save(
    face_clip: tuple[Path, Path], annotator: Annotator, tmp_path: Path
) -> None:
    video, _ = write_short_clip(tmp_path, face_clip)
    prediction = annotate(video, options=Options(weights="open", num_expressions=5))
    paths = prediction.save(tmp_path / "new folder")
    assert len(open_in_nova(paths["expression"])["labels"]) == 5
    np.testing.assert_array_equal(prediction.valence, annotator.annotate(video).valence)
