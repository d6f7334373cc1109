"""The media campaign: `python -m tests.campaigns.media` writes clips of many kinds, reads each, and counts faults."""

import argparse
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

import av

from tests.campaigns import clip_writer, media_cases, media_check, pool, report
from tests.campaigns.media_cases import Case
from tests.campaigns.media_check import Outcome

_TIME_LIMIT = 120.0
"""Seconds for writing and reading one clip."""
_CANNOT = "cannot be written"


def run_case(case: Case) -> Outcome | str:
    """What comes of one case; a text where FFmpeg cannot write such a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"clip.{case.container}"
        try:
            truth = clip_writer.write(case, path)
        except (av.FFmpegError, ValueError, OSError) as error:
            return f"{_CANNOT}: {str(error).splitlines()[0]}"
        return media_check.check(path, truth)


def main() -> None:
    arguments = _arguments()
    os.environ.setdefault("SVT_LOG", "1")
    cases = media_cases.pairwise_cases()
    if not arguments.all:
        cases = media_cases.smallest_cover(cases)
    if arguments.limit:
        cases = media_cases.sample(cases, arguments.limit, arguments.seed)
    cases = [case for case in cases if arguments.only in str(case)]
    kinds: dict[Case, str] = {}
    for case, outcome in pool.run(run_case, cases, arguments.workers, _TIME_LIMIT):
        kinds[case] = outcome.kind if isinstance(outcome, Outcome) else str(outcome).strip().splitlines()[-1]
        if kinds[case] == "right":
            continue
        print(f"{kinds[case]}: {case}", flush=True)
        if isinstance(outcome, Outcome):
            lines = [*outcome.faults, *(f"said: {line}" for line in outcome.warnings), outcome.refused]
            print("".join(f"    {line}\n" for line in lines if line), end="", flush=True)
    print(f"{len(cases)} clips, {media_cases.pairs_covered(cases)} pairs of values: {dict(Counter(kinds.values()))}")
    if arguments.table:
        report.write_section(arguments.table, "media campaign", report.media_tables(kinds))
    sys.exit(any(kind not in report.KINDS[:-1] for kind in kinds.values()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="chooses the clips of --limit")
    parser.add_argument("--limit", type=int, default=0, help="how many clips; 0: all")
    parser.add_argument("--all", action="store_true", help="each pair of values for each container and codec")
    parser.add_argument("--only", default="", help="only cases whose description contains this text")
    parser.add_argument("--table", type=Path, help="write the results into this file, e.g. docs/media.md")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
