"""Writes what was found in a video, one module for each format."""
