"""What must be so of every dashboard's sources, seen without a browser."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import lfr_kit.ui.widgets
from lfr_kit.ui import dashboards
from lfr_kit.ui.template import THEME
from lfr_kit.ui.widgets.dashboard import Dashboard

WIDGETS = Path(lfr_kit.ui.widgets.__file__).parent
SCRIPTS = sorted(WIDGETS.rglob("*.js")) + sorted(THEME.parent.glob("*.js"))
STYLES = sorted(WIDGETS.rglob("*.css")) + sorted(THEME.parent.glob("*.css"))
NOTEBOOKS = Path(__file__).parents[3] / "dashboards"
NAMES = sorted(dashboards.__all__)


@pytest.mark.parametrize("name", NAMES)
def test_dashboard_knows_only_its_deployment(name: str) -> None:
    widget = getattr(dashboards, name)("D-1")
    assert isinstance(widget, Dashboard)
    sent = {key: value for key, value in widget.get_state().items() if not key.startswith("_")}
    assert {key for key in sent if key not in ("layout", "tabbable", "tooltip")} == {"deployment_id"}
    assert sent["deployment_id"] == "D-1"


@pytest.mark.parametrize("name", NAMES)
def test_dashboard_script_is_one_module_that_imports_nothing(name: str) -> None:
    script = getattr(dashboards, name)()._esm
    assert not re.search(r"^\s*import\b", script, re.MULTILINE)
    assert script.count("export default") == 1
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not here; it reads the script")
    subprocess.run([node, "--input-type=module", "--check", "-"], input=script, text=True, check=True)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_script_reads_no_markup_and_asks_no_other_machine(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text)
    addresses = re.findall(r"https?://[^\s\"'`]+", text)
    assert [each for each in addresses if each != "http://www.w3.org/2000/svg"] == []
    assert len(text.splitlines()) <= 400


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_style_fetches_nothing_and_nothing_flashes(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"url\(|@import|@font-face", text)
    assert not re.search(r"@keyframes|animation:(?! none)", text)


@pytest.mark.parametrize("name", NAMES)
def test_notebook_of_a_dashboard_is_thin_and_saved_empty(name: str) -> None:
    notebook = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text())
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert 1 <= len(code) <= 3
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
    assert "widgets" not in notebook["metadata"]
    source = "".join("".join(cell["source"]) for cell in code)
    assert source == f"from lfr_kit.ui.dashboards import {name}\n\n{name}()"


def contrast(one: str, other: str) -> float:
    """Of WCAG 2.1, 1.4.3."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


COLOURS = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", THEME.read_text()))


@pytest.mark.parametrize("text", ["text", "quiet", "link", "red-text", "amber-text", "green-text"])
@pytest.mark.parametrize("surface", ["ground", "surface", "raised"])
def test_text_of_the_theme_is_readable_on_every_surface(text: str, surface: str) -> None:
    assert contrast(COLOURS[text], COLOURS[surface]) >= 4.5


def test_words_on_response_colours_are_readable() -> None:
    assert contrast("#ffffff", COLOURS["red"]) >= 4.5
    assert contrast("#1b1300", COLOURS["amber"]) >= 4.5
    assert contrast("#ffffff", COLOURS["green"]) >= 4.5
    assert contrast("#ffffff", COLOURS["accent"]) >= 4.5


def test_edges_of_controls_and_the_focus_are_seen() -> None:
    assert contrast(COLOURS["line-strong"], COLOURS["ground"]) >= 3
    assert contrast(COLOURS["focus"], COLOURS["raised"]) >= 3
