"""Makes the pictures of a report that show what the label of a frame rests on."""

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.errors import WeightsError
from rbdm.explain.explainer import Explainer, load_explainer
from rbdm.export.explanation.blending import blend
from rbdm.export.report.thumbnails import thumbnail_matrix
from rbdm.faces.crop import crop_frame, crop_matrix
from rbdm.media.frame import Frame
from rbdm.network.weights import find_weights
from rbdm.timeline.timeline import Timeline
from rbdm.types import Image


class LabelMaps:
    """Lays maps over the thumbnails of one video.

    Args:
        timeline: of any person in the video.

    Raises:
        WeightsError: the weights of the annotation are not on this machine any more, or cannot be explained.
    """

    def __init__(self, timeline: Timeline) -> None:
        """Load the network again: a timeline does not have it."""
        weights = find_weights(timeline.options.weights)
        if weights.sha256 != timeline.weights_sha256:
            raise WeightsError(f"{weights.path}: is not the file that {timeline.video.name} was annotated with")
        self._explainer: Explainer = load_explainer(weights, timeline.options.num_expressions)

    def over(
        self, thumbnail: Image, frame: Frame, box: npt.NDArray[np.floating], scale: float, expression: int
    ) -> Image:
        """A thumbnail with a map over it.

        Args:
            thumbnail: as `face_thumbnail` makes it of the next three arguments.
            frame: of the video.
            box: see `face_thumbnail`.
            scale: see `face_thumbnail`.
            expression: index of the class that is explained.
        """
        entry, size = self._explainer.entry, (thumbnail.shape[1], thumbnail.shape[0])
        crop = crop_frame(frame, box, entry.input_size, entry.crop_scale, entry.color == "grey")
        relevance = self._explainer.maps(crop[None], [expression])[0]
        to_frame = np.vstack([thumbnail_matrix(frame, box, size[0], scale), (0, 0, 1)])
        matrix = crop_matrix(box, frame.width, frame.height, entry.crop_scale, entry.input_size) @ to_frame
        placed = cv2.warpAffine(relevance, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        return blend(thumbnail, np.asarray(placed, np.float32))
