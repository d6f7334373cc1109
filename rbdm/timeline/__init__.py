"""The values of all frames of a video, and the annotations made from them."""
