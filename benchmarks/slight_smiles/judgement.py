"""How good a trial is, measured on FER+."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.slight_smiles.faces import HAPPY, NEUTRAL
from rbdm.training.evaluation.metrics import expression_metrics

Floats = npt.NDArray[np.floating]


def is_slight(labels: Floats) -> npt.NDArray[np.bool_]:
    """Faces that a minority called Happy, or about half, and almost all others Neutral."""
    happy = labels[:, HAPPY]
    return np.asarray((happy >= 0.15) & (happy <= 0.6) & (happy + labels[:, NEUTRAL] >= 0.8))


class Judgement(NamedTuple):
    """Figures of a trial on FER+: shares of the validation and test faces, and what tells slight smiles apart.

    Attributes:
        valid: accuracy on the validation split.
        test: accuracy on the test split.
        calibration: calibration error on the test split.
        slight: share of the slight smiles (validation) that are called Happy.
        plain: share of the neutral faces without a vote for Happy (validation) that are called Happy.
        auc: the chance that a slight smile has a higher ratio of Happy to Neutral than such a neutral face.
    """

    valid: float
    test: float
    calibration: float
    slight: float
    plain: float
    auc: float

    @property
    def is_promising(self) -> bool:
        """Whether London is looked at: more slight smiles are recognised, and the accuracy holds."""
        return self.valid >= 0.85 and self.slight >= 0.4

    def cells(self) -> list[str]:
        """The cells of the row of the table."""
        shares = f"{self.valid:.1%}", f"{self.test:.1%}", f"{self.calibration:.3f}"
        return [*shares, f"{self.slight:.0%}", f"{self.plain:.1%}", f"{self.auc:.3f}"]


def judge(valid: Floats, valid_labels: Floats, test: Floats, test_labels: Floats) -> Judgement:
    """Judge the probabilities of the validation and test faces of FER+."""
    plain = (valid_labels[:, NEUTRAL] >= 0.8) & (valid_labels[:, HAPPY] == 0)
    slight, lead = is_slight(valid_labels), np.log(valid[:, HAPPY] + 1e-12) - np.log(valid[:, NEUTRAL] + 1e-12)
    on_valid, on_test = expression_metrics(valid, valid_labels), expression_metrics(test, test_labels)
    return Judgement(
        on_valid["accuracy"],
        on_test["accuracy"],
        on_test["calibration_error"],
        float((valid[slight].argmax(axis=1) == HAPPY).mean()),
        float((valid[plain].argmax(axis=1) == HAPPY).mean()),
        float((lead[slight][:, None] > lead[plain][None]).mean()),
    )
