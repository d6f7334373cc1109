"""Work on many videos: finds the videos and their box streams, processes each video, and writes its results."""
