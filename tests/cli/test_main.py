"""`lfr` as a process: how it ends when the world outside it fails."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

LISTING = [sys.executable, "-m", "lfr_kit.cli.main", "models", "list"]
FULL = Path("/dev/full")


def ends_with_a_sentence(done: subprocess.CompletedProcess[str]) -> bool:
    return done.returncode == 1 and done.stderr.startswith("lfr: ") and "Traceback" not in done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_full_standard_output_is_a_sentence(arguments):
    with FULL.open("w") as full:
        done = subprocess.run([*LISTING, *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
    assert ends_with_a_sentence(done), done.stderr
    assert "No space left" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell that closes a stream")
def test_closed_standard_output_is_a_sentence():
    done = subprocess.run(["sh", "-c", '"$@" --json >&-', "sh", *LISTING], capture_output=True, text=True)
    assert ends_with_a_sentence(done), done.stderr


def test_terminal_that_knows_ascii_only_gets_escapes(monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = subprocess.run([sys.executable, "-m", "lfr_kit.cli.main", "scan", "--help"], capture_output=True)
    assert done.returncode == 0, done.stderr


def test_fault_of_a_setting_is_json_when_asked_for(monkeypatch):
    monkeypatch.setenv("LFR_DETECTOR__SETTINGS", "{bad")
    done = subprocess.run([*LISTING, "--json"], capture_output=True, text=True)
    assert ends_with_a_sentence(done), done.stderr
    assert json.loads(done.stdout)["error"]["kind"] == "SettingError"
