"""Tunes weights on annotated videos, and measures on held-out sessions whether they became better."""
