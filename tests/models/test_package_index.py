"""Archives through pip: from an index of our own on disk, and once from the real one."""

from __future__ import annotations

import hashlib
import io
import os
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from lfr_kit.errors import ModelFetchError, OutputError
from lfr_kit.models import PackageFile, fetch, name_only_backend, package_index
from lfr_kit.models.package_index import PackageIndex


@pytest.fixture
def own_index(tmp_path, monkeypatch, content) -> Path:
    """A folder pip finds packages in, and nowhere else: `made_up` 1.0 as wheel and as source distribution."""
    folder = tmp_path / "index"
    folder.mkdir()
    about = "Metadata-Version: 2.1\nName: made_up\nVersion: 1.0\n"
    with zipfile.ZipFile(folder / "made_up-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("made_up/weights.bin", content)
        wheel.writestr("made_up-1.0.dist-info/METADATA", about)
        wheel.writestr("made_up-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("made_up-1.0.dist-info/RECORD", "")
    evil = f"open({str(tmp_path / 'setup_py_ran')!r}, 'w').close()\nfrom setuptools import setup\nsetup()\n"
    with tarfile.open(folder / "made_up-1.0.tar.gz", "w:gz") as sdist:
        members = {"PKG-INFO": about.encode(), "setup.py": evil.encode(), "weights.bin": content}
        for name, data in members.items():
            information = tarfile.TarInfo(f"made_up-1.0/{name}")
            information.size = len(data)
            sdist.addfile(information, io.BytesIO(data))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def source(index: Path, *, is_sdist: bool = False) -> PackageFile:
    archive = index / ("made_up-1.0.tar.gz" if is_sdist else "made_up-1.0-py3-none-any.whl")
    member = "made_up-1.0/weights.bin" if is_sdist else "made_up/weights.bin"
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    return PackageFile(requirement="made_up==1.0", member=member, archive_sha256=digest, is_sdist=is_sdist)


def test_fetch_from_source_distribution_runs_no_code_of_it(own_index, add_card, content, tmp_path):
    add_card(sources=(source(own_index, is_sdist=True),))
    (fetched,) = fetch(["made_up"])
    assert fetched.path.read_bytes() == content
    assert fetched.came_from == "package index (made_up==1.0)"
    assert not (tmp_path / "setup_py_ran").exists()


def test_fetch_two_cards_of_one_wheel_downloads_it_once(own_index, add_card, content, monkeypatch, tmp_path):
    monkeypatch.setenv("PIP_CONSTRAINT", str(tmp_path / "constraints.txt"))
    (tmp_path / "constraints.txt").write_text("made_up==9.9\n")
    add_card("first", sources=(source(own_index),))
    add_card("second", sources=(source(own_index),))
    runs, real = [], PackageIndex._run_pip
    monkeypatch.setattr(PackageIndex, "_run_pip", lambda *args: runs.append(1) or real(*args))
    fetched = fetch(["first", "second", "first"])
    assert [each.path.read_bytes() == content for each in fetched] == [True, True]
    assert len(runs) == 1


def test_fetch_archive_of_another_digest_is_not_opened(own_index, add_card, models_dir, tmp_path):
    right = source(own_index, is_sdist=True)
    archive = own_index / "made_up-1.0.tar.gz"
    archive.write_bytes(archive.read_bytes() + b"tampered with")
    add_card(sources=(right,))
    with pytest.raises(ModelFetchError, match="another archive than the one known"):
        fetch(["made_up"])
    assert not (tmp_path / "setup_py_ran").exists()
    assert [path.name for path in models_dir.iterdir()] == [".lock"]


def test_archive_no_such_release_answers_the_same_without_asking_again(own_index, monkeypatch):
    absent = PackageFile(requirement="made_up==2.0", member="x", archive_sha256="0" * 64)
    runs, real = [], PackageIndex._run_pip
    monkeypatch.setattr(PackageIndex, "_run_pip", lambda *args: runs.append(1) or real(*args))
    with PackageIndex() as index:
        for _ in range(2):
            with pytest.raises(ModelFetchError, match=r"made_up==2\.0|made-up==2\.0"):
                index.archive(absent)
    assert len(runs) == 1


def test_archive_temporary_folder_is_gone_afterwards(own_index):
    with PackageIndex() as index:
        archive = index.archive(source(own_index))
        assert archive.exists()
    assert not archive.exists()


def test_archive_full_temporary_folder_says_so(own_index, monkeypatch):
    lines = ["ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"]
    monkeypatch.setattr(PackageIndex, "_run_pip", lambda *args: (1, lines))
    with PackageIndex() as index, pytest.raises(OutputError, match=r"no room for made_up==1\.0"):
        index.archive(source(own_index))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (["/usr/bin/python: No module named pip"], "ensurepip"),
        (["WARNING: Retrying ... Failed to establish a new connection", "ERROR: No match"], "no network"),
        (["ERROR: Could not find a version (from versions: none)", "ERROR: No match"], "cannot be reached"),
        (["ERROR: first", "ERROR: last", "[notice] a new pip"], "last"),
        ([], "without a word"),
    ],
)
def test_reason_tells_what_pip_meant(said, told):
    assert told in package_index._reason(said)


def test_progress_option_older_pip_is_not_asked_for_what_it_does_not_know(monkeypatch):
    monkeypatch.setattr(package_index, "version", lambda name: "24.0")
    assert package_index._progress_option() == ["--progress-bar=off"]
    monkeypatch.setattr(package_index, "version", lambda name: "24.1.2")
    assert package_index._progress_option() == ["--progress-bar=raw"]


def test_name_only_backend_writes_the_metadata_pip_reads(tmp_path, monkeypatch):
    from importlib.metadata import PathDistribution

    (tmp_path / "PKG-INFO").write_text("Metadata-Version: 1.1\nName: made_up\nVersion: 1.0\n\nText\n")
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    folder = name_only_backend.prepare_metadata_for_build_wheel(str(tmp_path / "out"))
    read = PathDistribution(tmp_path / "out" / folder)
    assert (read.metadata["Name"], read.version) == ("made_up", "1.0")


def test_fetch_from_the_real_package_index():
    told = []
    try:
        (fetched,) = fetch(["portrait_biden"], progress=lambda *step: told.append(step))
    except ModelFetchError as error:
        if "no network" in str(error) or "cannot be reached" in str(error):
            pytest.skip(f"no package index to be reached from here: {sys.executable} -m pip")
        raise
    assert fetched.came_from == "package index (face_recognition==1.3.0)"
    assert fetched.path.read_bytes().startswith(b"\xff\xd8"), "a JPEG file"
    assert {name for name, _, _ in told} <= {"face_recognition==1.3.0", "portrait_biden"}
