"""Tables of the campaigns' results, for docs/media.md."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.campaigns.media_cases import AXES, Case

KINDS = ("right", "right, with a warning", "differs, said", "refused", "WRONG, NOT SAID")
_HEADS = ("right", "right, warned", "differs, said", "refused", "wrong, not said")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def media_tables(kinds: dict[Case, str]) -> str:
    """The results of the clips: for each container and codec, and for each other value."""
    by_codec: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    by_value: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for case, kind in kinds.items():
        by_codec[case.container, case.codec][kind] += 1
        for name in list(AXES)[2:]:
            by_value[name, getattr(case, name)][kind] += 1
    totals = [["**all**", "", len(kinds), *_counts(Counter(kinds.values()))]]
    codecs = [[*key, sum(found.values()), *_counts(found)] for key, found in sorted(by_codec.items())]
    values = [
        [name.replace("_", "-"), value, sum(by_value[name, value].values()), *_counts(by_value[name, value])]
        for name in list(AXES)[2:]
        for value in AXES[name]
    ]
    return "\n".join(
        [
            table(["container", "codec", "clips", *_HEADS], [*codecs, *totals]),
            table(["property", "value", "clips", *_HEADS], values),
        ]
    )


def write_section(path: Path, name: str, text: str) -> None:
    """Replace what is between the lines `<!-- name -->` and `<!-- end of name -->` of a Markdown file."""
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    old = path.read_text(encoding="utf-8")
    new, count = re.subn(f"{start}.*?{end}", lambda _: f"{start}\n{text}\n{end}", old, flags=re.DOTALL)
    if count != 1:
        raise SystemExit(f"{path}: needs one line {start.strip()!r} and one line {end!r} after it")
    path.write_text(new, encoding="utf-8", newline="\n")


def _counts(found: Counter[str]) -> list[object]:
    return [found[kind] or "" for kind in KINDS]
