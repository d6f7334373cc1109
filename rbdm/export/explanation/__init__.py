"""Writes explanations: a picture of the face with its map, and a table of the parts of the face."""
