"""Labelled faces from videos that people have annotated by hand."""
