"""The network in numpy gives the scores of the LiteRT model that TensorFlow has made of the same weights."""

import numpy as np

from rbdm.network.keras_weights import read_tensors
from rbdm.network.reference import score_image
from rbdm.network.weights import network_graph
from rbdm.runtime.litert import run_once
from tests.support.networks import crops_of


def test_scores_are_those_of_the_model_that_comes_along(open_weights, face_clip):
    crops = crops_of(*face_clip, open_weights)[[0, 40, 74]]
    outputs = {output.shape[-1]: output for output in run_once(network_graph(), crops)}
    tensors = read_tensors(open_weights.path)
    for index, image in enumerate(crops):
        scores = score_image(tensors, image)
        np.testing.assert_allclose(outputs[8][index], scores.emotions, rtol=0, atol=1e-5)
        np.testing.assert_allclose(outputs[2][index], scores.affect, rtol=0, atol=1e-5)
