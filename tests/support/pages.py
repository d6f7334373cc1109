"""What is on the page of a report, and in the picture that a notebook shows."""

import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

from rbdm.export.report import write_report
from rbdm.prediction import Prediction

SVG = "{http://www.w3.org/2000/svg}"


class Parsed(HTMLParser):
    """Elements with their attributes, and the text of the page, as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(prediction: Prediction, folder: Path) -> Parsed:
    """The page of a prediction, written to `page.html` in `folder` and read again."""
    write_report([prediction], folder / "page.html")
    return Parsed((folder / "page.html").read_text(encoding="utf-8"))


def shown_classes(prediction: Prediction) -> list[tuple[str | None, float, float]]:
    """(class, left, right) of each rectangle in the timeline of the notebook's picture."""
    root = ET.fromstring(prediction._repr_html_())
    return [
        (rect.findtext(f"{SVG}title"), float(rect.get("x")), float(rect.get("x")) + float(rect.get("width")))
        for rect in root.iter(f"{SVG}rect")
        if rect.find(f"{SVG}title") is not None
    ]
