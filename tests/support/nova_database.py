"""A NOVA database over MongoDB's wire protocol: SecantusDB, or the mongod that RBDM_TEST_MONGODB names."""

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import pytest

from rbdm.client.client import Client
from rbdm.client.local_server import LocalServer
from rbdm.types import ANNOTATIONS
from tests.support.certificates import Certificate

MONGOD = "RBDM_TEST_MONGODB"
"""Environment variable: `mongodb://user:password@host:port` of a user that may make and drop databases."""
PASSWORD = "pä$$ wörd-9c41"
ANNOTATOR, ROLE = "system", "subject"
OPTIONS = {
    "weights": "open",
    "num_expressions": 8,
    "batch_size": 16,
    "face_confidence": 0.5,
    "merge_segments": True,
    "smoothing_ms": 0,
    "device": "auto",
    "stride": 1,
    "every_frame": False,
    "overwrite_finished": False,
}
"""The options of the trainer file, as NOVA sends them; but for the weights, which need no network."""
POST_PROCESS = {"anno_min_gap": "0.5", "anno_min_dur": "0.15"}
"""What NOVA adds to the form of a module with a discrete output, unless the module's trainer file hides that panel."""


@dataclass
class Dataset:
    """One dataset of the database, with the folder in which the server looks for its streams.

    Attributes:
        address: host and port.
        user: who may read and write it.
        password: of the user.
        data_dir: the server's.
        name: of the dataset, another one for each test.
        server: the SecantusDB server, None with a real mongod.
    """

    address: tuple[str, int]
    user: str
    password: str
    data_dir: Path
    client: Any
    server: Any = None
    name: str = field(default_factory=lambda: f"rbdm_{uuid.uuid4().hex[:12]}")

    def __post_init__(self) -> None:
        self.db.Roles.insert_one({"name": ROLE, "hasStreams": True, "isValid": True})
        self.db.Annotators.insert_one({"name": ANNOTATOR, "fullname": "The system", "expertise": 1})
        for name, ext, kind in (("video", "mp4", "video"), ("face_bounding_box", "stream", BLAZEFACE)):
            stream = {"name": name, "fileExt": ext, "type": kind, "isValid": True, "sr": 25.0, "dimlabels": []}
            self.db.Streams.insert_one(stream)

    @property
    def db(self) -> Any:
        return self.client[self.name]

    def add_session(self, name: str, video: Path | None = None, faces: Path | None = None) -> Path:
        """A session, and its files in its folder, which is returned."""
        date = datetime(2024, 5, 17, tzinfo=UTC)
        fields = {"language": "de", "location": "Augsburg", "date": date, "duration": 3.0, "isValid": True}
        self.db.Sessions.insert_one({"name": name, **fields})
        folder = self.data_dir / self.name / name
        folder.mkdir(parents=True, exist_ok=True)
        if video:
            shutil.copy(video, folder / f"{ROLE}.video.mp4")
        if faces:
            for suffix in ("", "~"):
                shutil.copy(f"{faces}{suffix}", folder / f"{ROLE}.face_bounding_box.stream{suffix}")
        return folder

    def add_discrete(self, name: str, classes: Mapping[int, str | Mapping[str, Any]]) -> None:
        labels = [
            {"id": id, "name": item, "color": f"#FF0000{id:02X}", "isValid": True}
            if isinstance(item, str)
            else {"id": id, **item}
            for id, item in classes.items()
        ]
        scheme = {"name": name, "type": "DISCRETE", "isValid": True, "color": "#FFFFFFFF", "labels": labels}
        self.db.Schemes.insert_one(scheme)

    def add_continuous(self, name: str, sr: Any = 25.0, low: Any = -1.0, high: Any = 1.0) -> None:
        values = {"sr": sr, "min": low, "max": high, "min_color": "#FF0000FF", "max_color": "#FFFF0000"}
        self.db.Schemes.insert_one({"name": name, "type": "CONTINUOUS", "isValid": True, **values})

    def add_annotation(self, session: str, scheme: str, labels: list[dict[str, Any]], **more: Any) -> Any:
        """An annotation of somebody's, and its data; returns its id."""
        data_id = self.db.AnnotationData.insert_one({"labels": labels}).inserted_id
        state = {"date": datetime(2024, 6, 1, 12, 30), "isFinished": False, "isLocked": False, "data_id": data_id}
        return self.db.Annotations.insert_one({**self.ids(session, scheme), **state, **more}).inserted_id

    def annotation(self, session: str, scheme: str) -> dict[str, Any] | None:
        """The annotation's document as it is in the database, with its labels; None where there is none."""
        found = list(self.db.Annotations.find(self.ids(session, scheme)))
        assert len(found) <= 1, "NOVA shows one of them only"
        if not found:
            return None
        (data,) = self.db.AnnotationData.find({"_id": found[0]["data_id"]})
        return {**found[0], "labels": data["labels"]}

    def labels(self, session: str, scheme: str) -> list[dict[str, Any]]:
        found = self.annotation(session, scheme)
        assert found is not None, f"{session} has no annotation {scheme}"
        return list(found["labels"])

    def assert_whole(self) -> None:
        """All data belong to an annotation, and the other way round; no annotation has two documents."""
        annotations = list(self.db.Annotations.find())
        names = ("data_id", "data_backup_id")
        held = sorted({document[name] for document in annotations for name in names if document.get(name)})
        assert sorted(document["_id"] for document in self.db.AnnotationData.find()) == held
        kinds = ("session_id", "scheme_id", "annotator_id", "role_id")
        assert len({tuple(document[kind] for kind in kinds) for document in annotations}) == len(annotations)

    def form(self, sessions: list[str], **more: str) -> dict[str, str]:
        """The fields that NOVA's window *DISCOVER Server* sends (`Predict_Click`, 2026), in its order.

        NOVA gives each option the type that its text looks like. Our trainer file hides the panel *Label Post-Process*;
        `POST_PROCESS` is what NOVA adds if the panel is shown.
        """
        return {
            "jobID": "48151623",
            "trainerFilePath": "modules\\rbdm\\rbdm.trainer",
            "dbHost": self.address[0],
            "dbPort": str(self.address[1]),
            "dbUser": self.user,
            "dbPassword": self.password,
            "leftContext": "0",
            "rightContext": "0",
            "frameSize": "0",
            "data": json.dumps(self._data(), separators=(",", ":")),
            "options": json.dumps(OPTIONS, separators=(",", ":")),
            "force": "False",
            "sessions": json.dumps(sessions, separators=(",", ":")),
            "dataset": self.name,
        } | more

    def _data(self) -> list[dict[str, Any]]:
        """What NOVA makes of the trainer file: only inputs have the type of their data in `src`."""
        data: list[dict[str, Any]] = [
            {"id": "input_data", "type": "input", "src": "db:stream:Video", "name": "video"},
            {"id": "face_bb", "type": "input", "src": "db:stream:SSIStream:blazeface", "name": "face_bounding_box"},
        ]
        for id in ANNOTATIONS:
            data.append(
                {"id": id, "type": "output", "src": "db:annotation", "scheme": id, "annotator": ANNOTATOR},
            )
        return [entry | {"role": ROLE, "active": True} for entry in data]

    def ids(self, session: str, scheme: str) -> dict[str, Any]:
        """The four ids that identify an annotation."""
        named = {"Sessions": session, "Schemes": scheme, "Annotators": ANNOTATOR, "Roles": ROLE}
        return {
            f"{collection[:-1].lower()}_id": self.db[collection].find_one({"name": name})["_id"]
            for collection, name in named.items()
        }


BLAZEFACE = "feature;face;boundingbox;blazeface"
"""What NOVA keeps as the type of the stream that the blazeface module writes."""


class PlainServer(LocalServer):
    """A server whose settings say that the database has no TLS: not told so, it tries that for 3 s in each job."""

    def _arguments(self, port: int) -> list[str]:
        settings = self.folder / "settings.env"
        settings.write_text("DISCOVER_USE_TLS=false\n", encoding="utf-8")
        return [*super()._arguments(port), "--env", str(settings)]


class TlsServer(LocalServer):
    """A server that speaks https only; `client` trusts its certificate.

    Args:
        folder: see `LocalServer`.
        backend: see `LocalServer`.
        certificate: of the server.
    """

    def __init__(self, folder: Path, backend: Literal["debug", "venv"], certificate: Certificate) -> None:
        super().__init__(folder, backend)
        self.certificate = certificate

    def _client(self, port: int) -> Client:
        return Client(f"https://127.0.0.1:{port}", ca=self.certificate.ca)

    def _arguments(self, port: int) -> list[str]:
        settings = self.folder / "settings.env"
        chain, key = self.certificate.chain, self.certificate.key
        lines = ["DISCOVER_USE_TLS=true", f"DISCOVER_SSL_CERT='{chain}'", f"DISCOVER_SSL_KEY='{key}'"]
        settings.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return [*super()._arguments(port), "--env", str(settings)]


@contextmanager
def datasets(folder: Path, data_dir: Path, certificate: Certificate | None = None) -> Iterator[Any]:
    """Makes `Dataset`s, one after the other, in one running database; `folder` is for its files.

    With a certificate, the database accepts connections with TLS only.

    What it gives is called without arguments, or with the data folder of another server than `data_dir`.
    """
    pymongo = pytest.importorskip("pymongo", reason="needs the extra server")
    given = os.environ.get(MONGOD)
    tls = {"tls_cert_file": str(certificate.chain), "tls_key_file": str(certificate.key)} if certificate else {}
    trust: dict[str, Any] = {"tls": True, "tlsCAFile": str(certificate.ca)} if certificate else {}
    if given and not certificate:
        url = urlsplit(given)
        address, user = (url.hostname or "127.0.0.1", url.port or 27017), unquote(url.username or "")
        password = unquote(url.password or "")
        with pymongo.MongoClient(*address, username=user, password=password) as client:
            yield from _making(address, user, password, data_dir, client, None)
        return
    secantus = pytest.importorskip("secantus", reason=f"needs SecantusDB, or {MONGOD} that names a mongod")
    with (
        secantus.SecantusDBServer(storage_path=str(folder), replica_set_name=None, **tls) as server,
        pymongo.MongoClient(*server.address, **trust) as client,
    ):
        client.admin.command("createUser", "nova", pwd=PASSWORD, roles=["root"])
        yield from _making(server.address, "nova", PASSWORD, data_dir, client, server)


def _making(address: Any, user: str, password: str, data_dir: Path, client: Any, server: Any) -> Iterator[Any]:
    made: list[Dataset] = []

    def make(data_dir: Path = data_dir) -> Dataset:
        made.append(Dataset(address, user, password, data_dir, client, server))
        return made[-1]

    yield make
    for dataset in made:
        client.drop_database(dataset.name)
