"""The module as a DISCOVER or NOVA server sees it: the class that `rbdm.trainer` names."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rbdm import cancel, database, hosts, jobs, mends
from rbdm.engine import Scores
from rbdm.options import Options
from rbdm.pipeline import Annotator
from rbdm.prediction import Prediction
from rbdm.progress import Progress
from rbdm.schemes import Warn, check_range, expression_scheme, match_classes, value_scheme
from rbdm.ssi import Annotation
from rbdm.timeline import expression_annotation, value_annotation
from rbdm.video import Video

_Processor: Any = hosts.library("interfaces.server_module").Processor


class RBDM(_Processor):  # type: ignore[misc]
    """Expression, valence and arousal of the face in a video, for a DISCOVER or NOVA server.

    The server makes one for a job and calls `process_data` and `to_output` for each of its sessions. An error
    ends its session; the server goes on with the others.
    """

    def __init__(self, model_io: list[Any], opts: Mapping[str, Any] | None, trainer: Any = None) -> None:
        """Read the request's options, each of which may be a string, and load the weights.

        Raises:
            OptionError: an option is unknown or out of range.
            WeightsError: the weights cannot be had.
        """
        super().__init__(model_io=model_io, opts=opts, trainer=trainer)
        cancel.watch(jobs.begin())
        mends.mend()
        self._annotator: Annotator | None = None
        self._unsaid: list[str] = []
        self.options = Options.parse({name: value for name, value in (opts or {}).items() if value is not None})
        self.load()

    def load(self) -> Annotator:
        """The network with its weights, loaded once for all sessions.

        Raises:
            WeightsError: the weights cannot be had.
        """
        if self._annotator is None:
            self._annotator = Annotator(self.options, self._unsaid.append)
        return self._annotator

    def predict(self, frames: npt.NDArray[np.uint8], boxes: npt.NDArray[np.float32]) -> Scores:
        """What the network says about faces in frames; see `rbdm.pipeline.Annotator.predict`."""
        return self.load().predict(frames, boxes)

    def process_data(self, ds_manager: Any) -> Prediction:
        """Annotate the session that the host's dataset manager holds.

        Raises:
            InputError: its video or its box stream cannot be used.
            OutputError: a result could not be written.
            SchemeError: an annotation scheme can hold none of our classes or values.
        """
        self.ds_manager = ds_manager
        log = jobs.SessionLog.of(ds_manager)
        with log.errors():
            while self._unsaid:
                log.line(self._unsaid.pop(0))
            session = self.get_session_manager(ds_manager)
            inputs = hosts.inputs(session)
            outputs = hosts.outputs(session)
            for output in outputs:
                _check_scheme(output, self.options, log.warn)
            _check_sizes(outputs, inputs.video)
            hosts.make_writable(session, outputs, log.warn)
            prediction = self.load().annotate(inputs.video, inputs.faces, progress=partial(_tell, log), warn=log.warn)
            faces = int(prediction.has_face.sum())
            log.line(f"{len(prediction.time)} frames, {faces} with a face, weights {prediction.weights}")
            return prediction

    def to_output(self, data: Prediction) -> dict[str, Any]:
        """The host's own annotations, filled: its key → annotation, for each that the request asks for.

        Raises:
            SchemeError: an annotation scheme can hold none of our classes or values.
        """
        with jobs.SessionLog.of(self.ds_manager).errors():
            session = self.get_session_manager(self.ds_manager)
            wanted = hosts.outputs(session)
            filled = {output.key: hosts.fill(output, _annotation(output, data, self.options)) for output in wanted}
            # What is locked or full by now must fail before one of the session's annotations is saved.
            hosts.make_writable(session, wanted, _said_before)
            return filled


def _tell(log: jobs.SessionLog, progress: Progress) -> None:
    cancel.stop_if_cancelled(log)
    log.frames(progress)


def _check_scheme(output: hosts.Output, options: Options, warn: Warn) -> None:
    """Say what is wrong with a scheme before hours of video are decoded for it."""
    if output.name == "expression":
        match_classes(output.scheme(expression_scheme(options.num_expressions)), options.num_expressions, warn)
    else:
        check_range(output.scheme(value_scheme(output.name, 1.0)), warn)


def _check_sizes(outputs: list[hosts.Output], video: Path) -> None:
    """Say that an annotation will be too large for the database before hours of video are decoded for it."""
    sampled = {output.target: output for output in outputs if output.target and output.name != "expression"}
    if not sampled:
        return
    with Video(video) as opened:
        rate, seconds = opened.sample_rate, opened.expected_frames / opened.sample_rate
    for target, output in sampled.items():
        scheme = output.scheme(value_scheme(output.name, rate))
        database.check_rows(target, round(seconds * scheme.sample_rate))


def _annotation(output: hosts.Output, prediction: Prediction, options: Options) -> Annotation:
    if output.name == "expression":
        classes = output.scheme(expression_scheme(options.num_expressions))
        return expression_annotation(prediction, options, classes, _said_before)
    scheme = output.scheme(value_scheme(output.name, prediction.sample_rate))
    return value_annotation(prediction, output.name, options, scheme, _said_before)


def _said_before(text: str) -> None:
    """Drop a warning that `_check_scheme` has given."""
