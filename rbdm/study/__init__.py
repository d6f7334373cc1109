"""Results of a whole study: reads annotations of many videos, summarizes and lists them, and compares annotators."""

from rbdm.options import AgreementSettings
from rbdm.study.agreement.compare import Agreement, compare
from rbdm.study.agreement.figures import write_figures
from rbdm.study.agreement.page import write_page
from rbdm.study.index import Entry, Index, index_study, write_index
from rbdm.study.summary import Row, Summary, summarize

__all__ = [
    "Agreement",
    "AgreementSettings",
    "Entry",
    "Index",
    "Row",
    "Summary",
    "compare",
    "index_study",
    "summarize",
    "write_figures",
    "write_index",
    "write_page",
]
