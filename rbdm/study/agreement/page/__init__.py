"""The page of an agreement: both timelines over each other, the disagreements, and all coefficients."""

from rbdm.study.agreement.page.content import require_page, write_page

__all__ = ["require_page", "write_page"]
