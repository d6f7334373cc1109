"""What `rbdm detect --db` and `rbdm submit --db` share; `tests/integration/test_nova_form.py` has a real database."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rbdm.cli.database import database_password, open_dataset
from rbdm.errors import OptionError
from tests.support.fixture_types import Rbdm

DATABASE = ("--db", "lab:27017", "--db-user", "ann", "--dataset", "talks")


def test_the_password_is_never_an_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RBDM_DB_PASSWORD", "secret")
    assert database_password("ann at lab:27017") == "secret"
    monkeypatch.delenv("RBDM_DB_PASSWORD")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: False))
    with pytest.raises(OptionError, match=r"no password for ann at lab:27017: .* set RBDM_DB_PASSWORD"):
        database_password("ann at lab:27017")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("getpass.getpass", lambda question: question)
    assert database_password("ann at lab:27017") == "Password of ann at lab:27017: "


class Dataset:
    """A dataset that has no streams yet."""

    name = "talks"

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        return self

    def list_collection_names(self) -> list[str]:
        return ["Sessions", "Streams"]

    def update_one(self, wanted: Any, change: Any, upsert: bool) -> Any:
        new = not self.documents
        self.documents.setdefault(wanted["name"], change["$setOnInsert"])
        return SimpleNamespace(upserted_id=1 if new else None)


@pytest.fixture
def dataset(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """The only dataset of a database that `connect` connects to."""
    found = Dataset()
    none = SimpleNamespace(list_collection_names=list)

    @contextmanager
    def connect(*login: object) -> Iterator[Any]:
        assert login == ("lab", 27017, "ann", "secret")
        yield defaultdict(lambda: none, talks=found)

    monkeypatch.setattr("rbdm.nova.connection.connect", connect)
    monkeypatch.setenv("RBDM_DB_PASSWORD", "secret")
    return found


def test_a_dataset_that_does_not_exist_is_not_created(dataset: Dataset) -> None:
    with open_dataset("lab", "ann", "talks") as opened:
        assert opened is dataset
    with (
        pytest.raises(OptionError, match="the database at lab:27017 has no dataset 'tlaks'"),
        open_dataset("lab", "ann", "tlaks"),
    ):
        pass


def test_detect_adds_its_stream_once(dataset: Dataset, picture: Path, tmp_path: Path, rbdm: Rbdm) -> None:
    code, out, _ = rbdm("detect", picture, "--out", tmp_path, *DATABASE)
    assert code == 0 and out[-1] == "stream face_bounding_box added to the dataset talks"
    assert dataset.documents["face_bounding_box"]["sr"] == 1
    code, out, _ = rbdm("detect", picture, "--out", tmp_path, *DATABASE)
    assert code == 0 and out[-1] == "stream face_bounding_box is already in the dataset talks"


@pytest.mark.parametrize("missing", [0, 2, 4])
def test_the_options_belong_together(picture: Path, rbdm: Rbdm, missing: int) -> None:
    code, out, err = rbdm("detect", picture, *DATABASE[:missing], *DATABASE[missing + 2 :])
    assert (code, out) == (2, []) and "belong together" in " ".join(err)
