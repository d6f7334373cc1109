"""One self-contained HTML page about a video: what was found in it, to look at and to zoom into."""

from rbdm.export.report.page import require_report, write_report

__all__ = ["require_report", "write_report"]
