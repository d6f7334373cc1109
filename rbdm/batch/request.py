"""What a user wants to be annotated: the same for the command line and for the app."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rbdm.batch.annotate import VideoAnnotation
from rbdm.batch.box_streams import find_streams, pair_streams
from rbdm.batch.results import result_paths
from rbdm.batch.videos import VideoTask
from rbdm.errors import OptionError
from rbdm.export import writers
from rbdm.export.writers import Writer
from rbdm.faces.people.names import check_names
from rbdm.faces.tracker import check_face
from rbdm.network.weights import Weights
from rbdm.options import Options
from rbdm.types import Notify


@dataclass(frozen=True)
class Request:
    """How a user wants videos to be annotated. Raises `OptionError` if two choices contradict each other.

    Attributes:
        options: the options.
        face: which person to follow, or `all`; None for the box stream beside each video, else the largest face.
        names: of people, only for `all`; see `rbdm.faces.people.names.check_names`.
        faces: box streams that the user named; see `rbdm.batch.box_streams.pair_streams`.
        overwrite: whether existing results are replaced.
        wanted: the names of the results to write besides the annotations; see `rbdm.export.writers.EXTRA_WRITERS`.
    """

    options: Options
    face: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    faces: Sequence[Path] = ()
    overwrite: bool = False
    wanted: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Check the choices."""
        object.__setattr__(self, "names", check_names(self.names))
        if self.names and self.face != "all":
            raise OptionError("--name is only for --face all")
        if self.face not in (None, "all"):
            check_face(self.face or "")
        if self.face is not None and self.faces:
            raise OptionError("--face chooses among detected faces; it cannot be used with --faces")

    @property
    def result_writers(self) -> list[Writer]:
        """The writers of the wanted results.

        Raises:
            OptionError: a result has no writer.
        """
        found = writers.extra_writers(self.wanted)
        unknown = sorted(set(self.wanted) - {writer.name for writer in found})
        if unknown:
            known = ", ".join(writer.name for writer in writers.EXTRA_WRITERS)
            raise OptionError(f"no result is called {unknown[0]!r}: the results are {known}")
        return found

    def require(self) -> None:
        """Raise `RbdmError` if a package for one of the results is missing. The message says what to install."""
        for writer in self.result_writers:
            writer.require()

    def work(self, tasks: Sequence[VideoTask], weights: Weights, warn: Notify) -> VideoAnnotation:
        """The work on these videos.

        Args:
            tasks: all videos of the user: a box stream that was found for two of them is an error.
            weights: the weights for all of them.
            warn: called with one line of text for each problem that does not stop the work.

        Raises:
            OptionError: the numbers of videos and of box streams differ.
        """
        own = self.result_writers
        streams = dict(zip(tasks, pair_streams(tasks, self.faces), strict=True))
        return VideoAnnotation(
            options=self.options,
            weights=weights,
            face=self.face,
            names=self.names,
            boxes_are_chosen=bool(self.face or self.faces),
            overwrite=self.overwrite,
            boxes={} if self.face else find_streams(streams),
            paths={task: result_paths(task, own) for task in tasks},
            warn=warn,
        )
