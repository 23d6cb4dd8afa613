"""docs/safeguards.md says what enforces each rule and which test proves it: both must exist."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "safeguards.md"
LEAST_RULES = 60


def rows() -> list[list[str]]:
    """Cells of every row whose last cell names a test."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|") and ".py::" in line]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_rule_has_source_enforcement_and_test():
    found = rows()
    assert len(found) >= LEAST_RULES
    for cells in found:
        assert len(cells) == 4, cells
        assert all(cells), cells
        assert re.search(r"`lfr_kit[\w.]*(:\w+(\.\w+)?)?`", cells[2]), cells[2]


def named(column: int, pattern: str) -> list[str]:
    """Everything of a pattern in one column of the table."""
    return sorted({name for cells in rows() for name in re.findall(pattern, cells[column])})


@pytest.mark.parametrize("name", named(3, r"`(\S+\.py::\w+)`"))
def test_named_test_exists(name):
    path, _, function = name.partition("::")
    tree = ast.parse((ROOT / path).read_text())
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert function in functions


@pytest.mark.parametrize("name", named(2, r"`(lfr_kit[^`]*)`"))
def test_named_enforcement_exists(name):
    module, _, attribute = name.partition(":")
    found = import_module(module)
    for part in attribute.split(".") if attribute else ():
        found = getattr(found, part)
