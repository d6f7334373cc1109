"""Numbers as people read them, and tables whose texts cannot become HTML."""

import doctest

from rbdm.app.pages import texts


def test_the_examples_in_the_documentation():
    assert doctest.testmod(texts) == (0, 4)


def test_names_cannot_become_html():
    html = texts.table('<b>"x"', ["<i>"], [["<script>alert(1)</script>", ("&", '"><img>')], ["a\u202eb"]])
    assert "<script" not in html and "<i>" not in html and "<img>" not in html and '"x"' not in html
    assert "&lt;script&gt;" in html and "\u202e" not in html
