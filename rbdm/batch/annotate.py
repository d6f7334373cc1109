"""The work of `rbdm annotate` on one video: checks which results exist, annotates the video, and writes the results."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rbdm.annotator import Annotator, boxes_origin
from rbdm.batch.results import ResultPaths, check_results, conflict, missing_results, write_results
from rbdm.batch.runner import ProgressDisplay
from rbdm.batch.videos import VideoTask, require_readable
from rbdm.errors import InputError
from rbdm.timeline.provenance import options_text
from rbdm.types import Notify


@dataclass(frozen=True)
class VideoAnnotation:
    """Annotates the videos of one command.

    Attributes:
        annotator: annotates each video.
        face: which person to follow; None if the user did not choose one.
        boxes_are_chosen: whether the user chose the source of the boxes, by `--face` or `--faces`.
        overwrite: whether existing results are replaced.
        boxes: the box stream of each video; an error if there is a problem with it; None (or no entry) to detect the
            face.
        paths: the result files of each video.
        warn: called with one line of text for each problem that did not stop the work.
    """

    annotator: Annotator
    face: str | None
    boxes_are_chosen: bool
    overwrite: bool
    boxes: Mapping[VideoTask, Path | InputError | None]
    paths: Mapping[VideoTask, ResultPaths]
    warn: Notify

    def is_needed(self, task: VideoTask) -> bool:
        """Whether there is a result to write or an error to report."""
        if task.problem or not task.video.is_file():
            return True
        boxes = self.boxes.get(task)
        try:
            return bool(self._paths_to_write(task, None if isinstance(boxes, InputError) else boxes))
        except InputError:
            return True

    def annotate(self, task: VideoTask, display: ProgressDisplay) -> str:
        """Annotate a video and write its results; returns one line that says what was done.

        Args:
            task: the video.
            display: shows the progress.

        Raises:
            RbdmError: the video or its boxes cannot be used, or a result cannot be written.
        """
        require_readable(task.video)
        boxes = self.boxes.get(task)
        if isinstance(boxes, InputError):
            raise boxes
        paths = self._paths_to_write(task, boxes)
        if not paths:
            return f"{task.video}: its results already exist"
        check_results(paths)
        face = self.face or "largest"
        prediction = self.annotator.annotate(task.video, boxes, face=face, progress=display.show, warn=self.warn)
        write_results(prediction, paths, display.show_writing)
        count, with_face = len(prediction.time), int(prediction.has_face.sum())
        origin = f"boxes of {boxes.name}" if boxes else "found"
        rate = f"{display.rate:.0f} frames/s"
        return f"{task.video}: {count} frames, {with_face} with a face ({origin}), {rate} -> {task.folder}"

    def _paths_to_write(self, task: VideoTask, boxes: Path | None) -> ResultPaths:
        """The results to write: all of them with `overwrite`, else those that do not exist.

        Raises:
            InputError: existing results were made from another video, or with other weights, options or boxes.
        """
        paths = self.paths[task]
        if self.overwrite:
            return paths
        missing = missing_results(paths)
        expected = {
            "weights_sha256": self.annotator.weights.sha256,
            "options": options_text(self.annotator.options),
        }
        if missing or self.boxes_are_chosen:
            expected["boxes"] = boxes_origin(boxes, self.face or "largest", self.annotator.options)
        problem = conflict(task, paths, expected)
        if problem:
            raise InputError(f"{task.video}: {problem}; --overwrite replaces it, --out writes elsewhere")
        return missing
