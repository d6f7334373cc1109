"""What `rbdm submit` sends to a server: the forms of jobs on files and on a NOVA database, and sending one."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

from rbdm.batch.box_streams import find_stream, pair_streams
from rbdm.client.client import new_job_id
from rbdm.errors import InputError, OptionError
from rbdm.types import ANNOTATION_KINDS, AnnotationName

Form = dict[str, str]

TRAINER = "modules\\rbdm\\rbdm.trainer"
"""Where `rbdm install` puts the module's trainer file, below the server's CML_DIR."""
_MONGODB = 27017


@dataclass(frozen=True)
class FileJob:
    """One video as the server sees it.

    Attributes:
        video: the video.
        faces: its box stream.
        outputs: the annotation files to write, by `expression`, `valence` and `arousal`.
    """

    video: PurePath
    faces: PurePath
    outputs: Mapping[AnnotationName, PurePath]

    def __str__(self) -> str:
        return str(self.video)

    @property
    def target(self) -> str:
        """Where the annotations go, for people."""
        return str(self.outputs["expression"].parent)

    def form(self, trainer: str, options: Mapping[str, str]) -> Form:
        """The form to post, with a job id of its own."""
        return _form(trainer, self._data("SSIStream", "face_bb"), options)

    def documented_form(self) -> Form:
        """The form as the module's documentation prints it, with its words for the box stream and its job id."""
        data = [{**entry, "src": entry["src"].lower()} for entry in self._data("ssifeature", "face:bb")]
        return {"jobID": "rbdm", "data": json.dumps(data), "trainerFilePath": TRAINER}

    def _data(self, boxes_type: str, boxes_id: str) -> list[dict[str, str]]:
        inputs = {"input_data": ("Video", self.video), boxes_id: (f"{boxes_type}:blazeface", self.faces)}
        data = [
            {"src": f"file:stream:{kind}", "type": "input", "id": name, "uri": str(path)}
            for name, (kind, path) in inputs.items()
        ]
        for name, path in self.outputs.items():
            data.append({"src": f"file:{_annotation_type(name)}", "type": "output", "id": name, "uri": str(path)})
        return data


@dataclass(frozen=True)
class DatabaseJob:
    """Sessions of a dataset in a NOVA database, of which the server reads streams and writes annotations.

    Attributes:
        host: of the database, as the server reaches it.
        port: of the database.
        user: of the database.
        password: of that user.
        dataset: the dataset's name.
        sessions: the sessions' names.
        role: whose streams and annotations.
        annotator: who the annotations are by.
        video: name of the video stream.
        faces: name of the box stream.
        schemes: names of the schemes, by `expression`, `valence` and `arousal`; only these are written.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    dataset: str
    sessions: tuple[str, ...]
    role: str
    annotator: str
    video: str
    faces: str
    schemes: Mapping[AnnotationName, str]

    def __str__(self) -> str:
        return f"{self.dataset}: {', '.join(self.sessions)}"

    @property
    def target(self) -> str:
        """Where the annotations go, for people."""
        return f"{', '.join(self.schemes.values())} of {self.role} by {self.annotator}"

    def form(self, trainer: str, options: Mapping[str, str]) -> Form:
        """The form that NOVA posts, with a job id of its own."""
        role = {"role": self.role}
        data = [
            {"src": "db:stream:Video", "type": "input", "id": "input_data", "name": self.video, **role},
            {"src": "db:stream:SSIStream:blazeface", "type": "input", "id": "face_bb", "name": self.faces, **role},
        ]
        for name, scheme in self.schemes.items():
            where = {"scheme": scheme, "annotator": self.annotator, **role}
            data.append({"src": f"db:{_annotation_type(name)}", "type": "output", "id": name, **where})
        return _form(trainer, data, options) | {
            "dbHost": self.host,
            "dbPort": str(self.port),
            "dbUser": self.user,
            "dbPassword": self.password,
            "dataset": self.dataset,
            "sessions": json.dumps(self.sessions),
            "leftContext": "0",
            "rightContext": "0",
            "frameSize": "0",
            "force": "False",
            "annoMinGap": "0",
            "annoMinDur": "0",
        }


def _annotation_type(name: AnnotationName) -> str:
    return f"annotation:{ANNOTATION_KINDS[name].capitalize()}"


def _form(trainer: str, data: Sequence[Mapping[str, str]], options: Mapping[str, str]) -> Form:
    return {
        "jobID": new_job_id(),
        "trainerFilePath": trainer,
        "data": json.dumps(data),
        "options": json.dumps(options),
    }


def file_jobs(videos: Sequence[str], faces: Sequence[str], out: str | None, as_written: bool) -> list[FileJob]:
    """One job for each video, so that each ends by itself and any server can do it.

    Args:
        videos: paths, see `server_path`.
        faces: their box streams, or the folder of them, or nothing; then they are looked for as `annotate` does.
        out: folder for the annotations, else the video's own.
        as_written: whether the paths are sent as they are; nothing is looked for then.

    Raises:
        OptionError: the streams do not fit the videos, or two videos would write one file.
        InputError: a box stream is not found.
    """
    from rbdm.files.naming import annotation_paths

    if as_written and len(faces) != len(videos):
        raise OptionError(f"{len(videos)} videos but {len(faces)} --faces: with --server-paths give one for each")
    given = pair_streams(videos, [Path(text) for text in faces])
    jobs = []
    for video, stream in zip(videos, given, strict=True):
        place = server_path(video, as_written)
        boxes = stream if as_written else find_stream(Path(video), stream)
        if boxes is None:
            raise InputError(f"{video}: no box stream beside it: name it with --faces, or make one with `rbdm detect`")
        folder = server_path(out, as_written) if out else place.parent
        names = annotation_paths(Path(), place.stem)
        outputs = {name: folder / path.name for name, path in names.items()}
        jobs.append(FileJob(place, server_path(str(boxes), as_written), outputs))
    _refuse_same_outputs([job.outputs["expression"] for job in jobs])
    return jobs


def server_path(text: str, as_written: bool = False) -> PurePath:
    """A path as the server will read it.

    An absolute path of any system stays as it is; any other is taken from here, or left alone with `as_written`.
    """
    if PureWindowsPath(text).is_absolute() or (as_written and "\\" in text):
        return PureWindowsPath(text)
    if as_written or PurePosixPath(text).is_absolute():
        return PurePosixPath(text)
    return PurePath(os.path.abspath(text))


def parse_database(text: str) -> tuple[str, int]:
    """Host and port from `HOST:PORT`, `HOST` or `[IPV6]:PORT`.

    Raises:
        OptionError: it is none of these.
    """
    host, _, port = text.rpartition(":") if ":" in text and not text.endswith("]") else (text, "", str(_MONGODB))
    host = host.removeprefix("[").removesuffix("]")
    if not host or "/" in text or "@" in text or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise OptionError("--db must be HOST:PORT, such as lab:27017; the user goes into --db-user")
    return host, int(port)


def _refuse_same_outputs(paths: Sequence[PurePath]) -> None:
    for path in paths:
        if paths.count(path) > 1:  # in Windows letters may differ in case
            raise OptionError(f"{path}: two videos would write this file; submit them with different --out")
