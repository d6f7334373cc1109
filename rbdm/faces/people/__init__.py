"""Follows every person in a video: whose face is whose, which people there are, and what is doubtful about it."""
