"""Imports run only downwards: `.github/CONTRIBUTING.md`, "How it is built"."""

import ast
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PACKAGE = ROOT / "rbdm"
LEVELS = [
    {"cli"},
    {"app", "client"},
    {"training"},
    {"server", "batch"},
    {"annotator"},
    {"prediction", "study"},
    {"export", "scoring"},
    {"explain"},
    {"faces", "network", "timeline"},
    {"media", "nova", "ssi", "runtime"},
    {"files"},
    {"options", "progress"},
    {"errors", "expressions", "types", "version"},
]
"""A part imports from the levels below its own, and from itself."""
LEVEL = {part: level for level, parts in enumerate(LEVELS) for part in parts}
# The package's own two files: the public names, and `python -m rbdm`.
ABOVE_ALL = {"__init__", "__main__"}


FILES = sorted(PACKAGE.rglob("*.py"))


def module_of(path: Path) -> str:
    """`rbdm.faces.crop` of that file, `rbdm.ssi` of `ssi/__init__.py`."""
    return ".".join(["rbdm", *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")


MODULES = {module_of(path) for path in FILES}


def part_of(module: str) -> str:
    """`faces` of `rbdm.faces.crop`, `options` of `rbdm.options`."""
    return module.split(".")[1] if "." in module else "__init__"


def imported(path: Path) -> set[str]:
    """The modules of the package that a file imports, at its top or inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            module = node.module or ""
            named = {f"{module}.{alias.name}" for alias in node.names}
            # `from rbdm.ssi import file_pair` names a module, `from rbdm.ssi import Stream` does not.
            found |= named & MODULES or {module}
    return {module for module in found if module == "rbdm" or module.startswith("rbdm.")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_run_downwards(path: Path) -> None:
    part = path.relative_to(PACKAGE).with_suffix("").parts[0]
    if part in ABOVE_ALL:
        return
    assert part in LEVEL, f"{part} has no place in LEVELS"
    for module in imported(path):
        other = part_of(module)
        if other not in LEVEL:
            assert module not in ("rbdm",), f"{path}: imports the package itself, which imports everything"
            continue
        assert other == part or LEVEL[other] > LEVEL[part], f"{path}: {part} must not import {module}"
        # The server's side needs the server's library, which a client does not have.
        assert (part, other) != ("client", "server"), f"{path}: the client must not import {module}"


def test_no_circle_inside_a_part() -> None:
    """Modules of one folder do not import each other in a circle either."""
    graph = {module_of(path): imported(path) & MODULES for path in FILES}
    while leaves := [name for name, others in graph.items() if not others]:
        for leaf in leaves:
            del graph[leaf]
        for others in graph.values():
            others.difference_update(leaves)
    assert not graph, f"modules that import each other in a circle, and those that import them: {sorted(graph)}"


def test_no_file_or_function_is_too_long() -> None:
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 350, f"{path}: holds two things"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= 60, f"{path}: {node.name} has {length} lines"
    assert len([path for path in PACKAGE.iterdir() if path.is_file()]) <= 12
