"""What is saved of a session comes in one order, and nothing of it if it is no number; the rest is in integration."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbdm.errors import OutputError
from rbdm.server.database import saving
from rbdm.server.database.documents import AnnotationKey
from rbdm.server.database.saving import Outputs
from rbdm.ssi import CONTINUOUS_DTYPE, Annotation, ContinuousScheme, read_annotation

pytest.importorskip("pymongo", reason="needs the extra server")

KEY = AnnotationKey("talks", "one", "valence", "system", "guest")


def samples(*scores: float) -> Annotation:
    rows = np.array([(score, 1.0) for score in scores], CONTINUOUS_DTYPE)
    return Annotation(ContinuousScheme("valence", 25.0), rows)


def test_the_database_comes_before_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.annotation"
    outputs = Outputs({KEY: samples(0.5)}, {path: samples(0.5, 0.25)}, client="client", overwrite=True)

    def refuse(*_: Any, **__: Any) -> None:
        raise OutputError("is locked")

    monkeypatch.setattr(saving, "store", refuse)
    with pytest.raises(OutputError, match="is locked"):
        outputs.write()
    assert not list(tmp_path.iterdir())

    stored: list[Any] = []
    monkeypatch.setattr(saving, "store", lambda *args, **kwargs: stored.append((args, kwargs)))
    outputs.write()
    assert stored == [(("client", outputs.annotations), {"overwrite": True})]
    assert read_annotation(path).data["score"].tolist() == [0.5, 0.25]


def test_files_alone_need_no_database(tmp_path: Path) -> None:
    Outputs(files={tmp_path / "a.annotation": samples(0.5)}).write()
    assert (tmp_path / "a.annotation").exists()


def test_a_value_that_is_no_number_is_named_before_the_database_is_asked() -> None:
    with pytest.raises(OutputError, match=r"'valence' .*: a value is not a finite number"):
        saving.store(_Nothing(), {KEY: samples(np.nan)})


class _Nothing:
    """A client whose collections cannot be used."""

    def __getitem__(self, name: str) -> "_Nothing":
        return self


def test_two_servers_make_the_same_id() -> None:
    assert saving._derived_id("a", "b") == saving._derived_id("a", "b") != saving._derived_id("ab", "")
