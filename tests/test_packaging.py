"""pyproject.toml, environment.yml and constraints.txt tell one story; nothing that must not be is committed."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def wanted() -> list[str]:
    return [*project()["dependencies"], *project()["optional-dependencies"]["test"]]


def pins() -> dict[str, str]:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and line[0] != "#"]
    return {canonical(line.split("==")[0]): line.split("==")[1] for line in lines}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


def test_environment_yml_lists_what_pyproject_does():
    text = (ROOT / "environment.yml").read_text()
    listed = re.findall(r"^      - (?!--)(.+)$", text, re.MULTILINE)
    assert sorted(listed) == sorted(wanted())
    assert "- python=3.11" in text
    assert "--constraint constraints.txt" in text


def test_constraints_pin_every_dependency_within_its_range():
    for line in wanted():
        requirement = Requirement(line)
        pinned = pins().get(canonical(requirement.name))
        assert pinned, f"{requirement.name} is not pinned in constraints.txt"
        assert requirement.specifier.contains(pinned, prereleases=True), f"{line}, but pinned to {pinned}"


def test_constraints_only_one_distribution_brings_cv2():
    assert [name for name in pins() if name.startswith("opencv")] == ["opencv-contrib-python"]


def test_version_of_package_and_project_agree():
    import lfr_kit

    assert lfr_kit.__version__ == project()["version"]


def test_repository_holds_no_picture_weights_or_large_file():
    forbidden = {
        ".jpg",
        ".jpeg",
        ".png",
        ".gif",
        ".mp4",
        ".tflite",
        ".dat",
        ".pt",
        ".onnx",
        ".ann",
        ".npy",
        ".npz",
        ".db",
    }
    for path in tracked():
        assert path.suffix.lower() not in forbidden, f"{path.name} must not be committed"
        assert path.stat().st_size <= 100_000, f"{path.name} is over 100 kB"


def test_ci_calls_the_test_command_of_the_readme():
    assert "make test" in (ROOT / ".ci" / "run").read_text()
    first_screen = "\n".join((ROOT / "README.md").read_text().splitlines()[:40])
    assert "make demo" in first_screen
    assert "make test" in first_screen
