"""Over HTTP from a server on this machine that breaks off, changes its mind and says no."""

from __future__ import annotations

import errno
import json
import socket

import pytest

from lfr_kit.errors import ModelDigestError, ModelFetchError, OutputError
from lfr_kit.models import Address, address
from lfr_kit.models.address import download


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(address.time, "sleep", lambda seconds: None)


def files_in(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_download_whole_file_arrives_with_progress(add_card, models_dir, server, content):
    told = []
    path = models_dir / "made_up.bin"
    download(add_card(), Address(url=server.url), path, progress=lambda *step: told.append(step))
    assert path.read_bytes() == content
    assert told[-1] == ("made_up", 300_000, 300_000)
    assert files_in(models_dir) == ["made_up.bin"]


def test_download_broken_connection_is_resumed_where_it_broke(add_card, models_dir, server, content):
    server.cut_after, server.n_cuts = 100_000, 2
    download(add_card(), Address(url=server.url), models_dir / "made_up.bin")
    assert server.ranges == [None, "bytes=100000-", "bytes=200000-"]
    assert (models_dir / "made_up.bin").read_bytes() == content
    assert files_in(models_dir) == ["made_up.bin"]


def test_download_server_without_ranges_starts_over(add_card, models_dir, server, content):
    server.cut_after, server.n_cuts, server.supports_range = 100_000, 1, False
    download(add_card(), Address(url=server.url), models_dir / "made_up.bin")
    assert (models_dir / "made_up.bin").read_bytes() == content


def test_download_that_gave_up_is_resumed_by_the_next_run(add_card, models_dir, server, content):
    which, path = add_card(), models_dir / "made_up.bin"
    server.cut_after, server.n_cuts = 100_000, 1
    real = server.answer

    def break_then_vanish(request):
        if server.ranges:
            server.status = 404
        real(request)

    server.answer = break_then_vanish
    with pytest.raises(ModelFetchError, match="the server answered 404"):
        download(which, Address(url=server.url), path)
    assert files_in(models_dir) == ["made_up.bin.part", "made_up.bin.part.json"]
    server.answer, server.status, server.ranges = real, 200, []
    download(which, Address(url=server.url), path)
    assert server.ranges == ["bytes=100000-"]
    assert path.read_bytes() == content
    assert files_in(models_dir) == ["made_up.bin"]


def test_download_file_changed_in_between_starts_over(add_card, models_dir, server, content):
    models_dir.mkdir()
    (models_dir / "made_up.bin.part").write_bytes(b"of another version")
    note = {"url": server.url, "version": '"v0"'}
    (models_dir / "made_up.bin.part.json").write_text(json.dumps(note))
    download(add_card(), Address(url=server.url), models_dir / "made_up.bin")
    assert (models_dir / "made_up.bin").read_bytes() == content


def test_download_unfinished_file_of_unknown_version_is_not_trusted(add_card, models_dir, server, content):
    models_dir.mkdir()
    (models_dir / "made_up.bin.part").write_bytes(bytes(1000))
    download(add_card(), Address(url=server.url), models_dir / "made_up.bin")
    assert server.ranges == [None]
    assert (models_dir / "made_up.bin").read_bytes() == content


def test_download_killed_after_the_last_byte_starts_over(add_card, models_dir, server, content):
    models_dir.mkdir()
    (models_dir / "made_up.bin.part").write_bytes(content)
    note = {"url": server.url, "version": server.tag}
    (models_dir / "made_up.bin.part.json").write_text(json.dumps(note))
    download(add_card(), Address(url=server.url), models_dir / "made_up.bin")
    assert (models_dir / "made_up.bin").read_bytes() == content
    assert files_in(models_dir) == ["made_up.bin"]


@pytest.mark.parametrize("sent", [b"<html>please log in</html>", bytes(300_000), bytes(900_000)])
def test_download_another_file_is_refused_and_not_kept(add_card, models_dir, server, sent):
    server.content = sent
    with pytest.raises(ModelDigestError):
        download(add_card(), Address(url=server.url), models_dir / "made_up.bin")
    assert files_in(models_dir) == []


def test_download_endless_file_is_stopped_at_the_size_of_the_card(add_card, models_dir, server):
    server.content = bytes(5_000_000)
    told = []
    with pytest.raises(ModelDigestError, match="more than 300000 bytes"):
        download(
            add_card(),
            Address(url=server.url),
            models_dir / "made_up.bin",
            progress=lambda *step: told.append(step),
        )
    assert max(done for _, done, _ in told) <= 300_000
    assert files_in(models_dir) == []


def test_download_that_cannot_be_resumed_later_leaves_nothing(add_card, models_dir, server):
    server.tag, server.cut_after, server.n_cuts = "", 100_000, 99
    server.content = server.content[:100_001]
    with pytest.raises(ModelFetchError, match="the connection broke"):
        download(add_card(), Address(url=server.url), models_dir / "made_up.bin")
    assert files_in(models_dir) == []


def test_download_must_have_the_attested_digest_where_none_is_published(add_card, models_dir, server):
    which = add_card(sha256=None, attested_sha256="0" * 64)
    with pytest.raises(ModelDigestError, match="expected 0000"):
        download(which, Address(url=server.url), models_dir / "made_up.bin")
    assert files_in(models_dir) == []


@pytest.mark.parametrize(("status", "n_asked"), [(403, 1), (404, 1), (500, 5), (429, 5)])
def test_download_refusal_is_told_and_only_passing_faults_are_tried_again(
    add_card, models_dir, server, status, n_asked
):
    server.status = status
    with pytest.raises(ModelFetchError, match=f"the server answered {status}"):
        download(add_card(), Address(url=server.url), models_dir / "made_up.bin")
    assert len(server.ranges) == n_asked
    assert files_in(models_dir) == []


def test_download_server_that_sends_nothing_is_given_up(add_card, models_dir, server):
    server.cut_after, server.n_cuts = 0, 99
    with pytest.raises(ModelFetchError, match="the connection broke"):
        download(add_card(), Address(url=server.url), models_dir / "made_up.bin")
    assert len(server.ranges) == 5


def test_download_nobody_there_says_no_network(add_card, models_dir):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/file.bin"
        with pytest.raises(ModelFetchError, match="no network: Connection refused"):
            download(add_card(), Address(url=url), models_dir / "made_up.bin")
    assert files_in(models_dir) == []


def test_download_full_disk_says_so_and_keeps_nothing(add_card, models_dir, server, monkeypatch):
    def no_room(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(address, "settle", lambda *args, **more: None)
    monkeypatch.setattr(address, "write_note", no_room)
    with pytest.raises(OutputError, match="no room on the disk"):
        download(add_card(), Address(url=server.url), models_dir / "made_up.bin")
    assert files_in(models_dir) == []
