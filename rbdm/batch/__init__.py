"""Many videos: which ones, their box streams, their results, and the work on each of them."""
