"""Measures how long it takes from the command `rbdm app` to a page that can be used.

    python -m benchmarks.app_start [--times 5]

The browser, Chromium without a window, is already running, as on most people's computers. The page can be used when its
buttons answer. Needs '.[test]' and a browser.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from tests.support.app import opened, running_app
from tests.support.browser import started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    serving, usable = [], []
    with started() as browser:
        for _ in range(options.times):
            with tempfile.TemporaryDirectory() as home:
                start = time.perf_counter()
                with running_app(Path(home)) as app:
                    serving.append(time.perf_counter() - start)
                    with opened(browser.chromium, app):
                        usable.append(time.perf_counter() - start)
    for name, seconds in {"the server answers": serving, "the page can be used": usable}.items():
        print(f"{name} after {statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})")


if __name__ == "__main__":
    main()
