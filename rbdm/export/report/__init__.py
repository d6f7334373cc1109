"""Writes a report: one self-contained HTML page with the results of a video in interactive plots."""

from rbdm.export.report.page import require_report, write_report

__all__ = ["require_report", "write_report"]
