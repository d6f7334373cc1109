"""A recorder in place of a server."""

from collections.abc import Iterator

import pytest

from tests.support.recorder import Recorder, serving


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with serving(Recorder()) as running:
        yield running
