"""Measures how long it takes from the command `rbdm app` to a page that can be used, and the size of the extra `app`.

    python -m benchmarks.app_start [--times 5]

The browser, Chromium without a window, is already running, as on most people's computers. The page can be used when its
buttons answer. The size is that of all packages that `.[app]` needs and `.[report]` does not. Needs '.[test]' and a
browser.
"""

import argparse
import os
import re
import statistics
import tempfile
import time
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

from tests.support.app import opened, running_app
from tests.support.browser import started


def needed(extra: str) -> dict[str, Distribution]:
    """The installed packages that rbdm needs with one of its extras, by name, and those that they need."""
    found: dict[str, Distribution] = {}
    todo, seen = [Requirement(f"rbdm[{extra}]")], set()
    while todo:
        wanted = todo.pop()
        name, extras = re.sub(r"[-_.]+", "-", wanted.name).lower(), frozenset(wanted.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        found[name] = distribution(name)
        for text in found[name].requires or ():
            one = Requirement(text)
            if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras or {""}):
                todo.append(one)
    return found


def size(package: Distribution) -> int:
    """Bytes of its files."""
    files = (Path(str(package.locate_file(file))) for file in package.files or ())
    return sum(file.stat().st_size for file in files if file.is_file())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    without = needed("report")
    more = {name: size(package) for name, package in needed("app").items() if name not in without}
    print(f"the extra app adds {len(more)} packages with {sum(more.values()) / 1e6:.0f} MB to .[report]")
    serving, usable, work = [], [], []
    with started() as browser:
        for _ in range(options.times):
            with tempfile.TemporaryDirectory() as home:
                start = time.perf_counter()
                with running_app(Path(home)) as app:
                    serving.append(time.perf_counter() - start)
                    work.append(processor_seconds(app.process.pid))
                    with opened(browser.chromium, app):
                        usable.append(time.perf_counter() - start)
    shown = {"the server answers": serving, "the page can be used": usable, "processor time until it answers": work}
    for name, seconds in shown.items():
        if seconds[0]:
            print(f"{name}: {statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})")


def processor_seconds(pid: int) -> float:
    """The time that processors have worked for a process, which does not depend on other programs; 0 if unknown."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError):
        return 0.0


if __name__ == "__main__":
    main()
