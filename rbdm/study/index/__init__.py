"""The index page of a study: all its videos and people in one table that can be sorted and filtered, with links."""

from rbdm.study.index.content import index_page, require_index, write_index
from rbdm.study.index.entries import Entry, Index, index_study

__all__ = ["Entry", "Index", "index_page", "index_study", "require_index", "write_index"]
