"""Which files the app serves: results in the folders that the person picked, the videos of these, and its own pages."""

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from rbdm.files.naming import VIDEO_ENDINGS, printable

Recorded = tuple[str, int]
"""The name and the size in bytes of a video, as rbdm has written them into its annotations."""


class Shelf:
    """The files that may be served. Everything else does not exist for a browser.

    A file is served only if it lies below a folder that the person picked, after all links are followed, and is a
    result that was put here, or a video of which there is a result here. Addresses are absolute paths: so the links
    between pages, tables and videos, which are relative, are right.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._anchors: list[str] = []
        self._roots: set[Path] = set()
        self._files: set[Path] = set()
        self._videos: set[Recorded] = set()
        self._pages: dict[Path, bytes] = {}

    def add(self, root: Path, files: Iterable[Path], videos: Iterable[Recorded]) -> None:
        """Serve results of a folder.

        Args:
            root: a folder that the person picked.
            files: results; those that lie elsewhere, after links are followed, are not served.
            videos: what the results say about their videos, which are served if they lie below any picked folder.
        """
        top = root.resolve()
        found = {path.resolve() for path in files}
        with self._lock:
            self._roots.add(top)
            self._files |= {path for path in found if path.is_relative_to(top)}
            self._videos |= set(videos)

    def allow(self, root: Path) -> None:
        """Serve videos below another folder that the person picked, if they belong to results."""
        with self._lock:
            self._roots.add(root.resolve())

    def put_page(self, path: Path, content: str) -> None:
        """Serve a page that was made now, as if it were a file.

        Args:
            path: where the page would be: its links start there.
            content: HTML.
        """
        with self._lock:
            self._pages[path.absolute()] = content.encode("utf-8")

    def address(self, path: Path) -> str:
        """The address of a file or page, without the beginning that all have."""
        absolute = path.absolute()
        with self._lock:
            if absolute.anchor not in self._anchors:
                self._anchors.append(absolute.anchor)
            number = self._anchors.index(absolute.anchor)
        return "/".join([str(number), *(quote(os.fsencode(part), safe="") for part in absolute.parts[1:])])

    def find(self, address: bytes) -> Path | bytes | None:
        """What an address means.

        Args:
            address: see `address`, as a browser has sent it.

        Returns:
            The file, with all links followed; or the content of a page; or None if nothing is to be served.
        """
        number, *names = (os.fsdecode(unquote_to_bytes(part)) for part in address.split(b"/"))
        separators = {"/", os.sep, "\0"}
        if any(name in ("", ".", "..") or not separators.isdisjoint(name) for name in names):
            return None
        with self._lock:
            if not number.isdecimal() or int(number) >= len(self._anchors) or not names:
                return None
            path = Path(self._anchors[int(number)], *names)
            if path in self._pages:
                return self._pages[path]
            try:
                actual = path.resolve(strict=True)
                is_served = actual in self._files or self._is_video(actual)
                return actual if is_served and actual.is_file() else None
            except (OSError, ValueError, RuntimeError):
                return None

    def _is_video(self, path: Path) -> bool:
        return (
            path.suffix.lower() in VIDEO_ENDINGS
            and any(path.is_relative_to(root) for root in self._roots)
            and (printable(path.name), path.stat().st_size) in self._videos
        )
