"""Notebooks are committed without outputs and read top to bottom; `make notebooks` runs them."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def test_notebooks_are_all_there():
    assert [path.stem for path in NOTEBOOKS] == [
        "00_quickstart",
        "01_explore_footage",
        "02_swap_an_algorithm",
        "03_a_deployment_from_authority_to_record",
        "04_live_from_a_notebook",
        "05_choose_a_threshold",
        "06_equitability_trial",
        "07_compare_algorithms",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_is_valid_and_holds_no_output(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs"), "outputs may hold faces: strip them"
        assert not cell.get("execution_count")
        assert not cell.get("attachments")
    assert "widgets" not in notebook.metadata


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_opens_with_a_title_and_explains_its_chapters(path):
    cells = nbformat.read(path, as_version=4).cells
    assert cells[0].cell_type == "markdown"
    assert cells[0].source.startswith("# ")
    assert sum(cell.cell_type == "markdown" for cell in cells) >= len(cells) / 3
