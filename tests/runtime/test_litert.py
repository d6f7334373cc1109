"""Copies of a model share the work, and results come in the order of the items."""

import numpy as np
import pytest

from rbdm.errors import WeightsError
from rbdm.faces.detector import MODEL
from rbdm.runtime.litert import LiteRTPool


def test_many_items_at_once_give_what_each_gives_alone():
    pool = LiteRTPool(MODEL, (256, 256, 3), 1)
    items = np.random.default_rng(0).uniform(-1, 1, (5, 256, 256, 3)).astype(np.float32)
    together = pool.submit(items)()
    assert [output.shape[-1] for output in together] == pool.widths
    for number in range(len(items)):
        for all_outputs, output in zip(together, pool.submit(items[number : number + 1])(), strict=True):
            np.testing.assert_array_equal(all_outputs[number], output[0])


def test_a_file_that_is_no_model_is_refused_by_its_name(tmp_path):
    (tmp_path / "a.tflite").write_bytes(b"no model")
    with pytest.raises(WeightsError, match=r"a\.tflite: LiteRT cannot load it"):
        LiteRTPool(tmp_path / "a.tflite", (256, 256, 3), 1)
