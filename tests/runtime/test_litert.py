"""Copies of a model share the work, and results come in the order of the items."""

import os

import numpy as np
import pytest

from rbdm.errors import WeightsError
from rbdm.faces.detector import MODEL
from rbdm.runtime import litert
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


def test_no_items_give_no_rows():
    pool = LiteRTPool(MODEL, (256, 256, 3), 1)
    items = np.zeros((2, 256, 256, 3), np.float32)
    for none, two in zip(pool.submit(items[:0])(), pool.submit(items)(), strict=True):
        assert none.shape == (0, *two.shape[1:]) and none.dtype == two.dtype


@pytest.mark.parametrize(("seconds", "copies"), [(0.001, 3), (0.002, 6), (1.0, 64)])
def test_no_more_copies_than_are_needed_on_a_machine_with_many_cores(monkeypatch, seconds, copies):
    """3000 items per second are enough. Each copy takes 14 to 21 MB."""
    loaded = []
    monkeypatch.setattr(litert, "usable_cores", lambda: 64)
    monkeypatch.setattr(litert, "_seconds_per_run", lambda network: seconds)
    monkeypatch.setattr(litert, "tune_thread_count", lambda measure, most: most)
    load = litert._load
    monkeypatch.setattr(litert, "_load", lambda *of: loaded.append(of) or load(*of))
    assert LiteRTPool(MODEL, (256, 256, 3), 1).at_once == len(loaded) == copies
    assert len({id(content) for content, _ in loaded}) == 1  # all copies share the file's content


def test_a_forked_process_gets_threads_and_copies_of_its_own(monkeypatch):
    pool = LiteRTPool(MODEL, (256, 256, 3), 1)
    items = np.random.default_rng(0).uniform(-1, 1, (3, 256, 256, 3)).astype(np.float32)
    expected, workers = pool.submit(items)(), pool._workers
    process = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: process + 1)
    for before, after in zip(expected, pool.submit(items)(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert pool._workers is not workers
