"""The forms that `rbdm submit` sends to a server: for a job on files, and for a job on a NOVA database."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

from rbdm.batch.box_streams import find_stream, pair_streams
from rbdm.client.client import new_job_id
from rbdm.errors import OptionError
from rbdm.files.naming import printable
from rbdm.types import ANNOTATION_KINDS, AnnotationName

Form = dict[str, str]

TRAINER = "modules\\rbdm\\rbdm.trainer"
"""Path of the module's trainer file after `rbdm install`, relative to the server's CML_DIR."""
_MONGODB = 27017
"""Default port of MongoDB."""


@dataclass(frozen=True)
class FileJob:
    """A job on one video. All paths are paths on the server's machine.

    Attributes:
        video: the video.
        faces: its box stream; None if the server is to find the face.
        outputs: the annotation file to write for each of `expression`, `valence` and `arousal`.
    """

    video: PurePath
    faces: PurePath | None
    outputs: Mapping[AnnotationName, PurePath]

    def __str__(self) -> str:
        return str(self.video)

    @property
    def target(self) -> str:
        """Where the annotations are written, as text for the user: the folder."""
        return str(self.outputs["expression"].parent)

    def form(self, trainer: str, options: Mapping[str, str]) -> Form:
        """The form to send, with a new job id.

        Args:
            trainer: the module's trainer file, relative to the server's CML_DIR.
            options: options of the annotation, by name; the server uses its defaults for the others.
        """
        return _form(trainer, self._data("SSIStream", "face_bb"), options)

    def documented_form(self) -> Form:
        """The form as in the module's documentation: with its names for the box stream and its job id."""
        data = [{**entry, "src": entry["src"].lower()} for entry in self._data("ssifeature", "face:bb")]
        return {"jobID": "rbdm", "data": json.dumps(data), "trainerFilePath": TRAINER}

    def _data(self, boxes_type: str, boxes_id: str) -> list[dict[str, str]]:
        inputs = {"input_data": ("Video", self.video), boxes_id: (f"{boxes_type}:blazeface", self.faces)}
        data = [
            {"src": f"file:stream:{kind}", "type": "input", "id": name, "uri": str(path)}
            for name, (kind, path) in inputs.items()
            if path is not None
        ]
        for name, path in self.outputs.items():
            data.append({"src": f"file:{_annotation_type(name)}", "type": "output", "id": name, "uri": str(path)})
        return data


@dataclass(frozen=True)
class DatabaseJob:
    """A job on sessions of a dataset in a NOVA database: the server reads their streams and writes their annotations.

    Attributes:
        host: address of the database, as seen from the server.
        port: port of the database.
        user: user of the database.
        password: password of the user.
        dataset: name of the dataset.
        sessions: names of the sessions.
        role: role of the streams and annotations.
        annotator: NOVA annotator to whom the annotations belong.
        video: name of the video stream.
        faces: name of the box stream.
        schemes: name of the scheme for each of `expression`, `valence` and `arousal` that is to be written.
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
        """Where the annotations are written, as text for the user: the schemes, the role and the annotator."""
        return f"{', '.join(self.schemes.values())} of {self.role} by {self.annotator}"

    def form(self, trainer: str, options: Mapping[str, str]) -> Form:
        """The form to send, with the fields that NOVA sends and a new job id; arguments as of `FileJob.form`.

        Raises:
            OptionError: a value is one that the server cannot pass on, such as a password that begins with `-` or `@`.
        """
        role = {"role": self.role}
        data = [
            {"src": "db:stream:Video", "type": "input", "id": "input_data", "name": self.video, **role},
            {"src": "db:stream:SSIStream:blazeface", "type": "input", "id": "face_bb", "name": self.faces, **role},
        ]
        for name, scheme in self.schemes.items():
            where = {"scheme": scheme, "annotator": self.annotator, **role}
            data.append({"src": f"db:{_annotation_type(name)}", "type": "output", "id": name, **where})
        form = _form(trainer, data, options) | {
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
        if options.get("merge_segments") == "False":
            del form["annoMinGap"]  # with 0, a server without our patches joins segments that touch
        return _check_values(form)


def _check_values(form: Form) -> Form:
    """The form, if the server can pass its values on to the module as arguments of a command.

    Raises:
        OptionError: a value begins with `-` (the server takes it for the name of an argument) or `@` (it takes it for
            the name of a file with arguments, and writes that name into the log), or it has control characters.
    """
    for name, value in form.items():
        problem = (
            f"begins with {value[:1]!r}" if value[:1] in ("-", "@") else
            "has control characters" if printable(value) != value else ""
        )  # fmt: skip
        if problem:
            what = f"{name} {value!r}" if name != "dbPassword" else f"the password of {form['dbUser']}"
            raise OptionError(f"{what} {problem}: the server cannot pass it on to the module: change it")
    return form


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
    """One job per video: a video that fails does not stop the others, and older servers can process the job, too.

    Args:
        videos: paths, see `server_path`.
        faces: their box streams, or the folder of them. If empty, a stream is looked for beside each video. If there is
            none, the server finds the face.
        out: folder for the annotations; None for the folder of each video.
        as_written: whether the paths are sent unchanged. No stream is looked for in that case: without `faces`, the
            server finds the faces.

    Raises:
        OptionError: the numbers of streams and of videos differ, or two videos would write the same file.
        InputError: the folder `faces` has no stream of a video.
    """
    from rbdm.files.naming import annotation_paths

    if as_written and faces and len(faces) != len(videos):
        raise OptionError(f"{len(videos)} videos but {len(faces)} --faces: with --server-paths give one for each")
    given = pair_streams(videos, [Path(text) for text in faces])
    jobs = []
    for video, stream in zip(videos, given, strict=True):
        place = server_path(video, as_written)
        boxes = stream if as_written else find_stream(Path(video), stream)
        folder = server_path(out, as_written) if out else place.parent
        names = annotation_paths(Path(), place.stem)
        outputs = {name: folder / path.name for name, path in names.items()}
        jobs.append(FileJob(place, None if boxes is None else server_path(str(boxes), as_written), outputs))
    _refuse_same_outputs([job.outputs["expression"] for job in jobs])
    return jobs


def server_path(text: str, as_written: bool = False) -> PurePath:
    """A path in the form that is sent to the server.

    An absolute path of Windows or POSIX is unchanged. A relative path is made absolute from the current folder, or is
    unchanged with `as_written`.
    """
    if PureWindowsPath(text).is_absolute() or (as_written and "\\" in text):
        return PureWindowsPath(text)
    if as_written or PurePosixPath(text).is_absolute():
        return PurePosixPath(text)
    return PurePath(os.path.abspath(text))


def parse_database(text: str) -> tuple[str, int]:
    """Host and port from `HOST:PORT`, `HOST` or `[IPV6]:PORT`.

    Raises:
        OptionError: the text has none of these forms.
    """
    host, _, port = text.rpartition(":") if ":" in text and not text.endswith("]") else (text, "", str(_MONGODB))
    host = host.removeprefix("[").removesuffix("]")
    if not host or "/" in text or "@" in text or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise OptionError("--db must be HOST:PORT, such as lab:27017; the user goes into --db-user")
    return host, int(port)


def _refuse_same_outputs(paths: Sequence[PurePath]) -> None:
    for path in paths:
        if paths.count(path) > 1:  # Windows paths are equal even if the case of letters differs
            raise OptionError(f"{path}: two videos would write this file; submit them with different --out")
