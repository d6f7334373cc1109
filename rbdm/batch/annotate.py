"""The work of `rbdm annotate` on one video: checks which results exist, annotates the video, and writes the results."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from rbdm.annotator import Annotator, boxes_origin
from rbdm.batch.people import PeopleResults
from rbdm.batch.results import ResultPaths, check_results, conflict, left_results, missing_results, write_results
from rbdm.batch.run_log import Entry
from rbdm.batch.runner import ProgressDisplay, unexpected
from rbdm.batch.videos import VideoTask, require_usable
from rbdm.errors import InputError, RbdmError
from rbdm.export.writers import EXPLAINED_REPORT
from rbdm.faces.people.names import TOGETHER
from rbdm.files.naming import printable
from rbdm.network.weights import Weights
from rbdm.options import Options
from rbdm.progress import Progress, counted
from rbdm.timeline.provenance import options_text
from rbdm.types import Notify


@dataclass(frozen=True)
class Outcome:
    """What was done with one video.

    Attributes:
        line: the line that tells the user.
        frames: number of frames that were annotated; None if its results existed.
    """

    line: str
    frames: int | None = None


@dataclass(frozen=True)
class VideoAnnotation:
    """Annotates the videos of one command.

    Attributes:
        options: the options of the annotation.
        weights: the weights that all videos are annotated with.
        face: which person to follow, or `all`; None if the user did not choose one.
        boxes_are_chosen: whether the user chose the source of the boxes, by `--face` or `--faces`.
        overwrite: whether existing results are replaced.
        boxes: the box stream of each video; an error if there is a problem with it; None (or no entry) to detect the
            face.
        paths: the result files of each video.
        warn: called with one line of text for each problem that did not stop the work.
        names: the names of people, only for `all`; see `rbdm.faces.people.names.check_names`.
    """

    options: Options
    weights: Weights
    face: str | None
    boxes_are_chosen: bool
    overwrite: bool
    boxes: Mapping[VideoTask, Path | InputError | None]
    paths: Mapping[VideoTask, ResultPaths]
    warn: Notify
    names: Mapping[str, str] = field(default_factory=dict)

    def is_needed(self, task: VideoTask) -> bool:
        """Whether there is a result to write or an error to report."""
        if task.problem or not task.video.is_file():
            return True
        boxes = self.boxes.get(task)
        try:
            if self.face == "all":
                return not self._of_people(task).are_done()
            return bool(self._paths_to_write(task, None if isinstance(boxes, InputError) else boxes))
        except InputError:
            return True

    def annotate(self, task: VideoTask, annotator: Annotator, display: ProgressDisplay) -> Outcome:
        """Annotate a video and write its results.

        Args:
            task: the video.
            annotator: has these options and weights.
            display: shows the progress.

        Raises:
            RbdmError: the video or its boxes cannot be used, or a result cannot be written.
        """
        require_usable(task)
        self._warn_of_kept_report(task)
        if self.face == "all":
            return self._annotate_everybody(task, annotator, display)
        boxes = self.boxes.get(task)
        if isinstance(boxes, InputError):
            raise boxes
        paths = self._paths_to_write(task, boxes)
        if not paths:
            return Outcome(f"{task.video}: its results already exist")
        check_results(paths)
        face = self.face or "largest"
        prediction = annotator.annotate(task.video, boxes, face=face, progress=display.show, warn=self.warn)
        write_results(prediction, paths, display.show_writing)
        for path in left_results(task, paths) if self.overwrite else ():
            self.warn(f"{path}: belongs to earlier results and was not replaced: delete it, or also ask for it")
        count, with_face = len(prediction.time), int(prediction.has_face.sum())
        origin = f"boxes of {boxes.name}" if boxes else "found"
        rate = f"{display.rate:.0f} frames/s"
        line = f"{task.video}: {count} frames, {with_face} with a face ({origin}), {rate} -> {task.folder}"
        return Outcome(line, count)

    def _annotate_everybody(self, task: VideoTask, annotator: Annotator, display: ProgressDisplay) -> Outcome:
        results = self._of_people(task)
        if results.are_done():
            return Outcome(f"{task.video}: its results already exist")
        results.check()
        frames = 0

        def show(progress: Progress) -> None:
            nonlocal frames
            frames = progress.done
            display.show(progress)

        people = annotator.annotate(task.video, face="all", names=self.names, progress=show, warn=self.warn)
        results.write(people, display.show_writing, self.warn)
        found = ", ".join(f"{one.person} ({int(one.has_face.sum())})" for one in people)
        who = f"{counted(len(people), 'person', 'people')} (frames with their face): {found}"
        text = who if people else "nobody found"
        line = f"{task.video}: {frames} frames, {text}, {display.rate:.0f} frames/s -> {task.folder}"
        return Outcome(line, frames)

    def _warn_of_kept_report(self, task: VideoTask) -> None:
        """Say that a report that exists does not get maps. A report with maps and one without have the same name."""
        if self.overwrite or EXPLAINED_REPORT not in self.paths[task]:
            return
        stem = f"{task.stem}.{TOGETHER}" if self.face == "all" else task.stem
        report = EXPLAINED_REPORT.path(task.folder, stem, task.video)
        if report.is_file():
            self.warn(f"{report}: exists and is kept as it is: if its pictures have no maps, use --overwrite")

    def _of_people(self, task: VideoTask) -> PeopleResults:
        made_with = {
            **self._made_with,
            "boxes": boxes_origin(None, "all", self.options),
            "video": printable(task.video.name),
        }
        return PeopleResults(task, self.paths[task], made_with, self.names, self.overwrite)

    @property
    def _made_with(self) -> dict[str, str]:
        """The meta that existing annotations must have, too."""
        return {"weights_sha256": self.weights.sha256, "options": options_text(self.options)}

    def skipped(self, task: VideoTask) -> Entry:
        """The line of the run's account for a video whose results exist."""
        return self._entry(task, "skipped")

    def account(
        self, task: VideoTask, annotator: Annotator, display: ProgressDisplay
    ) -> tuple[Entry, str, Exception | None]:
        """Call `annotate`, and never fail.

        Returns:
            The line of the run's account; the line for the user, empty after an error; and the error.
        """
        start, warnings = time.monotonic(), list[str]()

        def warn(text: str) -> None:
            warnings.append(text)
            self.warn(text)

        outcome, error = Outcome(""), None
        try:
            outcome = replace(self, warn=warn).annotate(task, annotator, display)
        except Exception as failure:
            error = failure
        entry = replace(
            self._entry(task, "failed" if error else "skipped" if outcome.frames is None else "done"),
            frames=outcome.frames or 0,
            seconds=round(time.monotonic() - start, 3),
            warnings=tuple(warnings),
            error="" if error is None else str(error) if isinstance(error, RbdmError) else unexpected(task, error),
        )
        return entry, outcome.line, error

    def _entry(self, task: VideoTask, status: str) -> Entry:
        name, sha256 = self.weights.entry.name, self.weights.sha256
        return Entry(str(task.video.absolute()), status, weights=name, weights_sha256=sha256)

    def _paths_to_write(self, task: VideoTask, boxes: Path | None) -> ResultPaths:
        """The results to write: all of them with `overwrite`, else those that do not exist.

        Raises:
            InputError: existing results were made from another video, or with other weights, options or boxes.
        """
        paths = self.paths[task]
        if self.overwrite:
            return paths
        missing = missing_results(paths)
        expected = self._made_with
        if missing or self.boxes_are_chosen:
            expected["boxes"] = boxes_origin(boxes, self.face or "largest", self.options)
        problem = conflict(task, paths, expected)
        if problem:
            raise InputError(f"{task.video}: {problem}; --overwrite replaces it, --out writes elsewhere")
        return missing
