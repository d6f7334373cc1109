"""A copy of the video that shows the box, the class and the values of each frame."""
