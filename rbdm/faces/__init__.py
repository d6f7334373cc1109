"""Where the face is in each frame, and the crop of it that the network sees."""
