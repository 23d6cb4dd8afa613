"""From the first source that gives the right file; two at a time; after a kill."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import time

import pytest

from lfr_kit.errors import ModelFetchError, OutputError, UnknownModelError
from lfr_kit.models import Address, InstalledFile, default_names, digest, fetch, model_path, verify

NOWHERE = InstalledFile(package="no_such_package_anywhere", member="x")
IN_PROCESS = """
import sys
from lfr_kit.models import Address, ModelCard, catalogue, fetch
which = ModelCard(name="made_up", task="detection", what="w", file_name="made_up.bin", size_bytes=300_000,
    sha256=sys.argv[2], licence="l", origin="o", sources=(Address(url=sys.argv[1]),))
catalogue._BY_NAME["made_up"] = which
print("ready", flush=True)
print(fetch(["made_up"])[0].came_from)
"""


def in_process(url: str, content: bytes) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", IN_PROCESS, url, hashlib.sha256(content).hexdigest()]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def files_in(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_fetch_installed_package_gives_the_file(models_dir):
    (fetched,) = fetch(["portrait_grace_hopper"])
    assert fetched.came_from == "installed package matplotlib"
    assert fetched.path == models_dir / "grace_hopper.jpg"
    assert [each.state for each in verify(["portrait_grace_hopper"])] == ["ok"]


def test_fetch_file_already_there_asks_no_source(add_card, server, models_dir, content):
    add_card(sources=(Address(url=server.url),))
    models_dir.mkdir()
    (models_dir / "made_up.bin").write_bytes(content)
    assert [each.came_from for each in fetch(["made_up"])] == ["already here"]
    assert server.ranges == []


def test_fetch_everything_there_needs_no_right_to_write(add_card, models_dir, content):
    add_card()
    models_dir.mkdir()
    (models_dir / "made_up.bin").write_bytes(content)
    fetch(["made_up"])
    assert [path.name for path in models_dir.iterdir()] == ["made_up.bin"]


def test_fetch_damaged_file_no_source_can_mend_is_told(add_card, models_dir):
    add_card(sources=(NOWHERE,))
    models_dir.mkdir()
    (models_dir / "made_up.bin").write_bytes(b"damaged")
    with pytest.raises(ModelFetchError, match=r"models folder: .*has 7 bytes, expected 300000"):
        fetch(["made_up"])


def test_fetch_damaged_file_is_replaced(add_card, server, models_dir, content):
    add_card(sources=(Address(url=server.url),))
    models_dir.mkdir()
    (models_dir / "made_up.bin").write_bytes(bytes(len(content)))
    fetch(["made_up"])
    assert model_path("made_up").read_bytes() == content


def test_fetch_folder_is_asked_before_the_sources(add_card, server, tmp_path, content):
    add_card(sources=(Address(url=server.url),))
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "made_up.bin").write_bytes(content)
    (fetched,) = fetch(["made_up"], folder=tmp_path / "stick")
    assert fetched.came_from == f"folder {tmp_path / 'stick'}"
    assert server.ranges == []


def test_fetch_wrong_file_in_the_folder_falls_to_the_next_source(add_card, server, tmp_path, content):
    add_card(sources=(NOWHERE, Address(url=server.url)))
    (tmp_path / "made_up.bin").write_bytes(b"wrong")
    (fetched,) = fetch(["made_up"], folder=tmp_path)
    assert fetched.came_from.startswith("official address")
    assert fetched.path.read_bytes() == content


def test_fetch_all_sources_fail_says_what_each_answered_and_how_to_bring_it(add_card, server, models_dir):
    add_card(sources=(NOWHERE, Address(url=server.url)), without_it="the other one serves")
    server.status = 404
    with pytest.raises(ModelFetchError) as caught:
        fetch(["made_up"])
    said = str(caught.value)
    assert "installed package no_such_package_anywhere: it is not installed" in said
    assert f"official address ({server.url}): the server answered 404" in said
    assert "lfr models import made_up FILE" in said
    assert "the other one serves" in said
    assert files_in(models_dir) == []


def test_fetch_one_that_fails_does_not_stop_the_others(add_card, server, content):
    add_card("bad", sources=(NOWHERE,))
    add_card("good", sources=(Address(url=server.url),))
    with pytest.raises(ModelFetchError, match=r"^bad: could not be fetched"):
        fetch(["bad", "good"])
    assert model_path("good").read_bytes() == content


def test_fetch_unknown_name_fetches_nothing(models_dir):
    with pytest.raises(UnknownModelError):
        fetch(["portrait_grace_hopper", "no_such_model"])
    assert not models_dir.exists()


def test_fetch_folder_that_cannot_be_made_says_so(models_dir):
    models_dir.write_text("a file in the way")
    with pytest.raises(OutputError, match="LFR_MODELS_DIR"):
        fetch(["portrait_grace_hopper"])


def test_fetch_unpublished_digest_is_recorded_once_then_enforced(add_card, server, models_dir, content):
    add_card(sha256=None, sources=(Address(url=server.url),))
    fetch(["made_up"])
    record = models_dir / "made_up.bin.sha256"
    assert record.read_text() == f"{hashlib.sha256(content).hexdigest()}  made_up.bin\n"
    (models_dir / "made_up.bin").unlink()
    server.content = content[::-1]
    with pytest.raises(ModelFetchError, match="SHA-256 of what arrived is"):
        fetch(["made_up"])
    assert files_in(models_dir) == ["made_up.bin.sha256"]
    assert digest.read_record(models_dir / "made_up.bin") == hashlib.sha256(content).hexdigest()


def test_fetch_two_processes_at_once_download_once_and_leave_a_good_file(server, models_dir, content, add_card):
    server.pause.clear()
    both = [in_process(server.url, content) for _ in range(2)]
    assert [process.stdout.readline().strip() for process in both] == ["ready", "ready"]
    until = time.monotonic() + 30
    while not server.ranges and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.5)  # time for the second to download too, were it not held back
    server.pause.set()
    answers = [process.communicate(timeout=30) for process in both]
    assert [process.returncode for process in both] == [0, 0], answers
    assert sorted(out.strip() for out, _ in answers) == ["already here", f"official address ({server.url})"]
    assert server.ranges == [None]
    add_card()
    assert model_path("made_up").read_bytes() == content
    assert files_in(models_dir) == ["made_up.bin"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_fetch_killed_half_way_leaves_no_file_and_is_resumed(server, models_dir, content, add_card):
    server.pause.clear()
    killed = in_process(server.url, content)
    part = models_dir / "made_up.bin.part"
    until = time.monotonic() + 30
    while not (part.exists() and part.stat().st_size == 150_000) and time.monotonic() < until:
        time.sleep(0.02)
    killed.kill()
    killed.communicate()
    assert files_in(models_dir) == ["made_up.bin.part", "made_up.bin.part.json"]
    server.pause.set()
    add_card(sources=(Address(url=server.url),))
    fetch(["made_up"])
    assert server.ranges == [None, "bytes=150000-"]
    assert model_path("made_up").read_bytes() == content
    assert files_in(models_dir) == ["made_up.bin"]


def test_fetch_without_names_asks_for_what_the_offline_product_needs(monkeypatch, models_dir, tmp_path):
    asked = []
    monkeypatch.setattr("lfr_kit.models.fetching._fetch", lambda which, *rest: asked.append(which.name))
    fetch()
    assert asked == default_names()
