"""Writes the results of a video to files. Each format has its own module."""
