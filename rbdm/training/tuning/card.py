"""The card of tuned weights: what they were made of, what they were measured on, and what they must not be used for."""

from collections.abc import Iterator
from datetime import date

from rbdm.expressions import EXPRESSIONS
from rbdm.files.naming import printable
from rbdm.network.manifest import WeightsEntry
from rbdm.study.agreement.estimates import Estimate
from rbdm.training.tuning.estimate import Comparison, Figure
from rbdm.training.tuning.tune import Outcome
from rbdm.types import VALUES
from rbdm.version import __version__

_NO_DERIVATIVES = "ND"


def verdict_lines(outcome: Outcome) -> list[str]:
    """What was found on held-out material, one sentence for each output, in the words of the terminal and the card."""
    start, split = outcome.start.entry.name, outcome.material.split
    lines = []
    for output, found in outcome.comparisons.items():
        first = found.figures[0]
        change = f"{first.name} {number(first.before.value)} → {number(first.after.value)}"
        if found.verdict == "better":
            lines.append(f"{output}: better than {start} on held-out {split}s ({change})")
        elif found.verdict == "worse":
            lines.append(f"{output}: worse than {start} on held-out {split}s ({change}): it stays as it was")
        else:
            lines.append(
                f"{output}: not shown to be better than {start} on held-out {split}s ({change}): {_why(found, first)}"
            )
    return lines


def doubts(outcome: Outcome) -> list[str]:
    """What was not measured, one sentence each."""
    found, split = outcome.comparisons.get("expression"), outcome.material.split
    if found is None:
        return []
    lines = []
    if found.alone:
        lines.append(
            f"{', '.join(found.alone)}: in one {split} only; when that was held out, nothing had shown it, so it is "
            "not part of the mean recall"
        )
    if never := [expression.name for expression in EXPRESSIONS if expression.name not in found.seconds]:
        lines.append(
            f"{', '.join(never)}: nobody has annotated it; it is not measured, and may be recognised less than before"
        )
    return lines


def _why(found: Comparison, first: Figure) -> str:
    if found.units < 6:
        return f"{found.units} are too few to show it, six is the least"
    if first.p == first.p and first.p >= 0.05:
        return f"a difference like this is not rare by chance (p = {first.p:.2f})"
    return "the interval of the difference includes 0"


def is_any_better(outcome: Outcome) -> bool:
    """Whether at least one output is better on held-out units."""
    return any(found.verdict == "better" for found in outcome.comparisons.values())


def number(value: float) -> str:
    """A number for people; a dash if it is not known."""
    return "–" if value != value else f"{value:.3f}"


def p_text(p: float) -> str:
    """A p for people; a dash if nothing was tested."""
    return "<0.001" if p < 0.001 else number(p)


def with_interval(found: Estimate, signed: bool = False) -> str:
    """A number with its interval, if there is one."""
    sign = "+" if signed else ""
    if found.value != found.value:
        return "–"
    value = f"{found.value:{sign}.3f}"
    return value if found.low != found.low else f"{value} ({found.low:{sign}.3f} to {found.high:{sign}.3f})"


def card(name: str, entry: WeightsEntry, outcome: Outcome) -> str:
    """The card in Markdown.

    Args:
        name: the name of the weights.
        entry: their entry in the manifest.
        outcome: how they were made.
    """
    return "\n".join(_lines(name, entry, outcome)) + "\n"


def _lines(name: str, entry: WeightsEntry, outcome: Outcome) -> Iterator[str]:
    start, split = outcome.start.entry, outcome.material.split
    yield from (f"# {name}", "")
    if not is_any_better(outcome):
        yield from (f"**These weights are not shown to be better than {start.name}. Use {start.name} instead.**", "")
    yield from (
        f"Weights for rbdm, tuned from {start.name} ({outcome.kind}) on own annotations, on {date.today()} with rbdm "
        f"{__version__}.",
        "",
        *(f"- {line}." for line in (*verdict_lines(outcome), *doubts(outcome))),
        "",
        "**They show what a face displays, not what a person feels.**",
        "",
        "## What they must not be used for",
        "",
        "- Decisions about a person: hiring, policing, border control, insurance, schooling, credit, diagnosis, lie "
        "detection.",
        "- Statements about what somebody feels, wants or is like.",
        "- Watching people who have not agreed to it.",
        f"- Measuring how good they are on the {split}s below: they have learned from them.",
        "- Other people, recordings or annotation rules than those of the study, without a test of their own.",
        "",
        "The European Union's AI Act forbids inferring emotions at work and in schools.",
        "",
        "## Data",
        "",
        *_data(outcome),
        "",
        "## Before and after",
        "",
        f"Each {split} was held out once, alone or with others; its faces were predicted by weights that were tuned "
        f"without it. *Before* is {start.name} on the same faces. The final weights were tuned on all {split}s and "
        "were not measured themselves.",
        "",
    )
    for found in outcome.comparisons.values():
        yield from _table(found)
    yield from _rest(entry, outcome)


def _data(outcome: Outcome) -> Iterator[str]:
    split = outcome.material.split
    yield f"- {len(outcome.people)} people in videos, {len(outcome.units)} {split}s: " + _names(outcome.units)
    yield f"- Annotators: {_names(outcome.annotators)}. Where several annotated, the label is their mean."
    for found in outcome.comparisons.values():
        times = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in found.seconds.items())
        yield f"- {found.output}: {found.faces} labelled faces, {found.units} {split}s ({times})"
    yield (
        f"- One face for every {outcome.material.sample_ms:g} ms; {outcome.without_face} labelled moments without a "
        "face were left out."
    )
    for line in outcome.failed:
        yield f"- Left out: {printable(line)}"


def _names(names: object) -> str:
    assert isinstance(names, list | tuple)
    return printable(", ".join(map(str, names)))


def _table(found: Comparison) -> Iterator[str]:
    yield from (f"### {found.output}", "", "| figure | before | after | difference | p |", "|---|---|---|---|---|")
    for figure in found.figures:
        cells = (with_interval(figure.before), with_interval(figure.after), with_interval(figure.difference, True))
        yield f"| {figure.name} | {' | '.join(cells)} | {p_text(figure.p)} |"
    yield from ("", f"{found.method[0].upper()}{found.method[1:]}.", "")


def _rest(entry: WeightsEntry, outcome: Outcome) -> Iterator[str]:
    start = outcome.start.entry
    unchanged = [output for output in ("expression", *VALUES) if output not in outcome.settings]
    yield from ("## Method", "")
    yield from (f"- {output}: {how}" for output, how in outcome.settings.items())
    if unchanged:
        yield f"- Unchanged, as in {start.name}: {', '.join(unchanged)}"
    if entry.affect_is_derived:
        yield f"- Valence and arousal are derived, as in {start.name}: what was not tuned follows its expressions."
    yield from ("", "## Licence", "")
    yield f"The start, {start.name}, has the licence {start.licence or '(unknown)'}."
    if _NO_DERIVATIVES in start.licence:
        yield "This licence does not allow to pass on changed weights: keep these to yourself."
    yield "What else may be done with these weights depends on what the people in the videos have agreed to."
