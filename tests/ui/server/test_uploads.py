"""Pictures on their way: in chunks, in memory, within limits; and the process that takes them."""

from __future__ import annotations

import asyncio
import sys

import pytest

from lfr_kit.config import StoreSettings
from lfr_kit.errors import InputError, NotInStoreError, StateError
from lfr_kit.ui.server.faults import TooLargeError, WorkerLostError
from lfr_kit.ui.server.importer import Importer, ImportOrder, RefusedImportError
from lfr_kit.ui.server.uploads import LARGEST_FILE, MOST_BYTES, Uploads


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def uploads(clock):
    return Uploads(clock)


def test_chunks_make_the_file_and_nothing_of_it_stays(uploads):
    upload = uploads.begin("s", "W-1", "a.jpg", 10)
    uploads.add(upload, 0, b"01234")
    uploads.add(upload, 5, b"56789")
    assert uploads.take(upload) == b"0123456789"
    assert (upload.content, upload.state) == (b"", "waiting")


def test_a_chunk_sent_again_is_passed_over(uploads):
    upload = uploads.begin("s", "W-1", "a.jpg", 10)
    uploads.add(upload, 0, b"01234")
    uploads.add(upload, 0, b"01234")
    uploads.add(upload, 5, b"56789")
    assert uploads.take(upload) == b"0123456789"


def test_a_chunk_too_early_too_many_or_too_late_is_refused(uploads):
    upload = uploads.begin("s", "W-1", "a.jpg", 10)
    with pytest.raises(StateError, match="0 bytes are here"):
        uploads.add(upload, 5, b"56789")
    with pytest.raises(TooLargeError, match="announced"):
        uploads.add(upload, 0, b"0123456789a")
    with pytest.raises(StateError, match="0 of 10 bytes"):
        uploads.take(upload)
    uploads.add(upload, 0, b"0123456789")
    uploads.take(upload)
    with pytest.raises(StateError, match="waiting"):
        uploads.add(upload, 0, b"0123456789")


def test_what_is_too_large_is_refused_before_it_is_sent(uploads):
    with pytest.raises(TooLargeError):
        uploads.begin("s", "W-1", "a.jpg", LARGEST_FILE + 1)
    for _ in range(MOST_BYTES // LARGEST_FILE):
        last = uploads.begin("s", "W-1", "a.jpg", LARGEST_FILE)
    with pytest.raises(TooLargeError, match="at this moment"):
        uploads.begin("s", "W-1", "a.jpg", 1)
    last.state = "done"
    uploads.begin("s", "W-1", "a.jpg", 1)


def test_what_nothing_came_of_is_there_for_another_try(uploads):
    upload = uploads.begin("s", "W-1", "a.jpg", 3)
    uploads.add(upload, 0, b"abc")
    content = uploads.take(upload)
    uploads.give_back(upload, content, {"message": "category: is missing"})
    assert (upload.state, upload.error) == ("receiving", {"message": "category: is missing"})
    assert uploads.take(upload) == b"abc"


def test_what_nobody_wants_any_more_leaves_room_and_does_not_come_back(uploads):
    for _ in range(MOST_BYTES // LARGEST_FILE):
        last = uploads.begin("s", "W-1", "a.jpg", LARGEST_FILE)
    uploads.drop(last)
    uploads.begin("s", "W-1", "a.jpg", LARGEST_FILE)
    uploads.give_back(last, b"abc", {})
    assert last.content == b""
    with pytest.raises(NotInStoreError):
        uploads.find("s", last.upload_id)


@pytest.mark.parametrize(
    ("name", "size", "says"),
    [("", 1, "name"), ("a" * 201, 1, "name"), ("a.jpg", 0, "is empty"), ("a.jpg", -1, "is empty")],
)
def test_a_file_without_name_or_size_is_refused_in_words(uploads, name, size, says):
    with pytest.raises(InputError, match=says):
        uploads.begin("s", "W-1", name, size)


def test_an_upload_is_its_sessions_own_and_forgotten_with_it(uploads):
    upload = uploads.begin("s", "W-1", "a.jpg", 1)
    assert uploads.find("s", upload.upload_id) is upload
    with pytest.raises(NotInStoreError):
        uploads.find("other", upload.upload_id)
    uploads.forget("s")
    with pytest.raises(NotInStoreError):
        uploads.find("s", upload.upload_id)


def test_an_upload_nobody_goes_on_with_is_forgotten(uploads, clock):
    upload = uploads.begin("s", "W-1", "a.jpg", LARGEST_FILE)
    clock.now = 600
    assert uploads.find("s", upload.upload_id)
    clock.now = 1201
    with pytest.raises(NotInStoreError):
        uploads.find("s", upload.upload_id)


WORKER = """
import json, sys
for line in sys.stdin.buffer:
    order = json.loads(line)
    content = sys.stdin.buffer.read(order["n_bytes"])
    print(json.dumps({"step": "looking"}), flush=True)
    if content == b"die": sys.exit(3)
    if content == b"nonsense": print("not json", flush=True); continue
    if content == b"refuse": print(json.dumps({"error": {"message": "no"}, "status": 409}), flush=True); continue
    print(json.dumps({"done": {"said": content.decode(), "name": order["name"]}}), flush=True)
"""


def order(content: bytes) -> ImportOrder:
    return ImportOrder("token", "W-1", "a.jpg", {}, "why", content)


def run_all(*contents: bytes) -> list[object]:
    """What came of each, the one process doing all."""

    async def go() -> list[object]:
        importer = Importer(StoreSettings(), (sys.executable, "-c", WORKER))
        found: list[object] = []
        for content in contents:
            steps: list[str] = []
            try:
                found.append((await importer.run(order(content), steps.append), steps))
            except (WorkerLostError, RefusedImportError) as error:
                found.append(error)
        await importer.close()
        return found

    return asyncio.run(go())


def test_the_process_does_one_picture_after_another_and_says_what_it_does():
    found = run_all(b"one", b"two")
    assert found == [({"said": text, "name": "a.jpg"}, ["looking"]) for text in ("one", "two")]


def test_a_refusal_is_told_with_its_status_and_the_process_goes_on():
    refused, done = run_all(b"refuse", b"two")
    assert isinstance(refused, RefusedImportError)
    assert (refused.status, refused.error) == (409, {"message": "no"})
    assert done == ({"said": "two", "name": "a.jpg"}, ["looking"])


@pytest.mark.parametrize("last_words", [b"die", b"nonsense"])
def test_a_process_that_dies_takes_one_picture_with_it_and_the_next_starts_another(last_words):
    lost, done = run_all(last_words, b"two")
    assert isinstance(lost, WorkerLostError)
    assert done == ({"said": "two", "name": "a.jpg"}, ["looking"])
