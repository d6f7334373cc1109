"""Checks that a page can be used by everybody, as far as a program can tell, and that it fits into its window."""

from typing import Any

import pytest

_OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


def check_page(page: Any, what: str) -> None:
    """Check a page of playwright by the rules of axe; `what` names it in the message."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python").Axe()
    for _ in range(5):  # what moves or fades in is not there yet
        is_open = page.get_by_role("dialog").count() > 0
        # axe takes the shade behind a dialogue for the background of what is in it. The colours are those of the page.
        rules = {"rules": {"color-contrast": {"enabled": False}}} if is_open else {}
        found = axe.run(page, options={**_OPTIONS, **rules}).response["violations"]
        said = [f"{node['failureSummary']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]
        if not said:
            break
        page.wait_for_timeout(500)
    assert not said, (what, said)
    too_wide = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
    scrolls = "document.documentElement.scrollWidth > innerWidth"
    shown = page.evaluate(f"{scrolls} ? {too_wide}.map(e => e.outerHTML.slice(0, 200)) : []")
    assert not shown, (what, shown)
