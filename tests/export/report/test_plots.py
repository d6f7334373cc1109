"""The plots of a page: four of them, of which three share one axis of time."""

from rbdm.export.report.plots import plots
from rbdm.timeline.frames import smoothed_frames
from tests.support.builders import random_prediction


def test_the_plots_have_the_names_of_their_places_in_the_page():
    (item,) = plots(smoothed_frames(random_prediction(30)), 8)["items"]
    assert set(item["roots"].values()) == {"lanes", "values", "probabilities", "plane"}
    assert set(item["root_ids"]) == set(item["roots"])


def test_three_plots_share_the_axis_of_time():
    (document,) = plots(smoothed_frames(random_prediction(30)), 5)["documents"].values()
    ranges = {plot["attributes"]["name"]: plot["attributes"]["x_range"]["id"] for plot in document["roots"]}
    assert ranges["lanes"] == ranges["values"] == ranges["probabilities"] != ranges["plane"]
