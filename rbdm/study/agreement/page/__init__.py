"""The page of an agreement: both timelines over each other, the disagreements, and all coefficients."""

from rbdm.study.agreement.page.content import agreement_page, require_page, write_page

__all__ = ["agreement_page", "require_page", "write_page"]
