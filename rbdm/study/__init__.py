"""Results of a whole study: reads annotations of many videos, summarizes them, and compares annotators."""

from rbdm.study.summary import Row, Summary, summarize

__all__ = ["Row", "Summary", "summarize"]
