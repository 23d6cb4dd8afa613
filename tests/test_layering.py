"""The import direction of the house, read from the code itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "lfr_kit"
ALGORITHMS = ["sources", "detection", "tracking", "quality", "selection", "embedding", "matching", "alerting"]
LAYERS = [
    ["errors", "records"],
    ["stages", "config", "registry"],
    ["models", "runtime"],
    ALGORITHMS,
    ["pipeline", "enrolment", "enrolment_batch", "conformance", "checkup"],
    ["evaluation", "plots", "reports"],
    ["governance"],
    ["documents"],
    ["store"],
    ["operations"],
    ["live"],
    ["benchmarks", "ui", "demo"],
    ["cli"],
]
HEIGHT = {room: height for height, rooms in enumerate(LAYERS) for room in rooms}
SHARED_BY_STAGES = {"lfr_kit.quality.crop", "lfr_kit.quality.measures", "lfr_kit.sources.image_file"}
"""Pure functions that algorithms of other stages may use."""
HEAVY = {
    "torch",
    "cv2",
    "mediapipe",
    "openvino",
    "annoy",
    "av",
    "scipy",
    "pandas",
    "matplotlib",
    "PIL",
    "sqlalchemy",
    "alembic",
    "cryptography",
    "weasyprint",
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(module: str) -> str:
    return [*module.split("."), "__init__"][1]


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> list[str]:
    """Every lfr_kit module that a file imports, anywhere in it, but not those for type checking only."""
    return [name for name in every_import(path) if name.startswith("lfr_kit.")]


def every_import(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return found


def imported_outside(path: Path) -> set[str]:
    """Packages of others that a file imports, anywhere in it, but not those for type checking only."""
    return {name.partition(".")[0] for name in every_import(path)}


def test_every_room_has_a_place_in_the_house():
    rooms = {room(name_of(path)) for path in modules()} - {"__init__"}
    assert rooms <= HEIGHT.keys()


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_point_downwards(path):
    own = room(name_of(path))
    if own not in HEIGHT:
        return
    for module in imports(path):
        assert HEIGHT[room(module)] <= HEIGHT[own], f"{name_of(path)} imports {module} from a floor above"


@pytest.mark.parametrize("path", [p for p in modules() if room(name_of(p)) in ALGORITHMS], ids=name_of)
def test_algorithms_of_one_stage_do_not_know_those_of_another(path):
    own = room(name_of(path))
    for module in imports(path):
        foreign = room(module) in ALGORITHMS and room(module) != own
        assert not foreign or module in SHARED_BY_STAGES, f"{name_of(path)} imports {module}"


def test_matplotlib_is_imported_in_one_room_only():
    users = {room(name_of(path)) for path in modules() if "matplotlib" in imported_outside(path)}
    assert users == {"plots"}


def test_import_of_the_package_loads_no_heavy_library():
    code = (
        "import sys, lfr_kit, lfr_kit.records, lfr_kit.stages, lfr_kit.registry, lfr_kit.config, lfr_kit.pipeline;"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


def test_help_of_the_command_line_loads_no_heavy_library():
    code = (
        "import sys; from typer.testing import CliRunner; from lfr_kit.cli.main import app;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
