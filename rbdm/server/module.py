"""The class that a DISCOVER or NOVA server loads, and that `rbdm.trainer` names."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rbdm.annotator import Annotator
from rbdm.errors import OptionError
from rbdm.media.video import Video
from rbdm.network.engine import FaceScores
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.progress import Progress
from rbdm.runtime.memory import release_free_memory
from rbdm.server.cancellation import stop_if_cancelled, watch_cancellation
from rbdm.server.database import documents
from rbdm.server.inputs.find import session_inputs
from rbdm.server.job import begin_job
from rbdm.server.library import library
from rbdm.server.log import SessionLog, explain_uncaught_errors
from rbdm.server.patches import apply_patches
from rbdm.server.request import make_writable, requested_annotations
from rbdm.server.templates import RequestedAnnotation, fill_template
from rbdm.ssi import Annotation
from rbdm.timeline.annotations import expression_annotation, value_annotation
from rbdm.timeline.schemes import check_range, expression_scheme, match_classes, value_scheme
from rbdm.types import Notify

_Processor: Any = library("interfaces.server_module").Processor


class RBDM(_Processor):  # type: ignore[misc]
    """Annotates expression, valence and arousal of the face in a video, for a DISCOVER or NOVA server.

    The server creates one object per job, and calls `process_data` and `to_output` for each session of the job. An
    error ends only its session; the server continues with the other sessions.
    """

    def __init__(self, model_io: list[Any], opts: Mapping[str, Any] | None, trainer: Any = None) -> None:
        """Read the options of the request and load the weights.

        Args:
            model_io: the inputs and outputs that the trainer file declares.
            opts: the options by name; each value may be a string.
            trainer: the trainer file as the server has parsed it.

        Raises:
            OptionError: an option is unknown or out of range.
            WeightsError: the weights cannot be found, downloaded or read.
        """
        super().__init__(model_io=model_io, opts=opts, trainer=trainer)
        explain_uncaught_errors()
        release_free_memory()  # of the server's job before this one
        job = begin_job()
        watch_cancellation(job)
        apply_patches()
        self._annotator: Annotator | None = None
        self._notices: list[str] = []
        if not isinstance(opts or {}, Mapping):
            raise OptionError(f"the request's options must be an object of names and values, not {type(opts).__name__}")
        self.options = Options.parse({name: value for name, value in (opts or {}).items() if value is not None})
        job.overwrite_finished = self.options.overwrite_finished
        self.load()

    def load(self) -> Annotator:
        """The annotator with its network and weights, loaded once for all sessions.

        Raises:
            WeightsError: the weights cannot be found, downloaded or read.
        """
        if self._annotator is None:
            self._annotator = Annotator(self.options, self._notices.append, download=True)
        return self._annotator

    def predict(self, frames: npt.NDArray[np.uint8], boxes: npt.NDArray[np.float32]) -> FaceScores:
        """Score faces in frames; see `rbdm.annotator.Annotator.predict`."""
        return self.load().predict(frames, boxes)

    def process_data(self, ds_manager: Any) -> Prediction:
        """Annotate one session.

        Args:
            ds_manager: the dataset manager of the server's library, which holds the session.

        Raises:
            InputError: the video or the box stream of the session cannot be used.
            OutputError: a result cannot be written.
            SchemeError: an annotation scheme has none of our classes, or an impossible range or sample rate.
        """
        self.ds_manager = ds_manager
        log = SessionLog.of(ds_manager)
        with log.errors():
            while self._notices:
                log.line(self._notices.pop(0))
            session = self.get_session_manager(ds_manager)
            with session_inputs(session, log.line) as inputs:
                outputs = requested_annotations(session)
                for output in outputs:
                    _check_scheme(output, self.options, log.warn)
                _check_sizes(outputs, inputs.video)
                make_writable(session, outputs, log.warn)
                prediction = self.load().annotate(
                    inputs.video, inputs.faces, progress=partial(_on_progress, log), warn=log.warn
                )
            faces = int(prediction.has_face.sum())
            log.line(f"{len(prediction.time)} frames, {faces} with a face, weights {prediction.weights}")
            return prediction

    def to_output(self, data: Prediction) -> dict[str, Any]:
        """Fill the annotation templates of the server's library.

        Args:
            data: the prediction of the session.

        Returns:
            The filled template of each requested annotation, by the key that the library has for it.

        Raises:
            OutputError: a file cannot be written any more.
            SchemeError: an annotation scheme has none of our classes, or an impossible range or sample rate.
        """
        with SessionLog.of(self.ds_manager).errors():
            session = self.get_session_manager(self.ds_manager)
            wanted = requested_annotations(session)
            filled = {output.key: fill_template(output, _annotation(output, data, self.options)) for output in wanted}
            # By now the disk may be full. That must fail before the first annotation is saved.
            make_writable(session, [output for output in wanted if output.path is not None], _drop_repeated)
            return filled


def _on_progress(log: SessionLog, progress: Progress) -> None:
    stop_if_cancelled(log)
    log.frames(progress)


def _check_scheme(output: RequestedAnnotation, options: Options, warn: Notify) -> None:
    """Report problems of a scheme now: decoding the video may take hours."""
    if output.name == "expression":
        match_classes(output.scheme(expression_scheme(options.num_expressions)), options.num_expressions, warn)
    else:
        check_range(output.scheme(value_scheme(output.name, 1.0)), warn)


def _check_sizes(outputs: list[RequestedAnnotation], video: Path) -> None:
    """Report annotations that will be too large for the database now: decoding the video may take hours."""
    sampled = {output.target: output for output in outputs if output.target and output.name != "expression"}
    if not sampled:
        return
    with Video(video) as opened:
        rate, seconds = opened.sample_rate, opened.expected_frames / opened.sample_rate
    for target, output in sampled.items():
        scheme = output.scheme(value_scheme(output.name, rate))
        documents.check_rows(target, round(seconds * scheme.sample_rate))


def _annotation(output: RequestedAnnotation, prediction: Prediction, options: Options) -> Annotation:
    if output.name == "expression":
        classes = output.scheme(expression_scheme(options.num_expressions))
        return expression_annotation(prediction, options, classes, _drop_repeated)
    scheme = output.scheme(value_scheme(output.name, prediction.sample_rate))
    return value_annotation(prediction, output.name, options, scheme, _drop_repeated)


def _drop_repeated(text: str) -> None:
    """Ignore a warning that `process_data` has already written to the log."""
