"""The network's results for all frames of a video, and the annotations that are made from them."""
