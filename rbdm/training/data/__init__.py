"""Reads labelled faces: archives of votes, tables, and the folders of known data sets."""
