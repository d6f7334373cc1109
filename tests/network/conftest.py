"""Weights that stand for those that come with rbdm; without a network."""

from pathlib import Path

import pooch
import pytest
import requests

from tests.support.bundle import Bundle, replace_bundle


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were asked for. None of them can be reached."""
    asked: list[str] = []

    def retrieve(url: str, *_: object, **__: object) -> str:
        asked.append(url)
        raise requests.ConnectionError("there is no network")

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    return asked


@pytest.fixture
def bundle(tmp_path: Path, downloads: list[str], monkeypatch: pytest.MonkeyPatch) -> Bundle:
    """A folder of weights in the place of the one that comes with rbdm, and an empty cache."""
    return replace_bundle(tmp_path, "http://127.0.0.1:9/official.h5", monkeypatch)
