"""Results of a whole study: reads annotations of many videos, summarizes them, and compares annotators."""
