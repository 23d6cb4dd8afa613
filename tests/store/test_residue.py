"""Marks are found wherever they lie, and nothing else is taken for them."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from lfr_kit.store import residue
from lfr_kit.store.residue import MARK_BYTES, Hit, Mark, MarkKind, ResidueSearch, marks_of, written_as_text

RNG = np.random.default_rng(5)


def some(n: int) -> bytes:
    return RNG.bytes(n)


def mark(kind: MarkKind = MarkKind.PICTURE) -> Mark:
    return Mark(kind, "", some(MARK_BYTES))


def naive(marks: list[Mark], content: bytes) -> set[tuple[int, int]]:
    """Referee: bytes.find."""
    found = set()
    for place, each in enumerate(marks):
        at = content.find(each.needle)
        while at >= 0:
            found.add((place, at))
            at = content.find(each.needle, at + 1)
    return found


@pytest.mark.parametrize("before", range(20))
@pytest.mark.parametrize("after", [0, 1, 7, 8, 9])
def test_mark_is_found_at_every_alignment_and_at_both_ends(before, after):
    wanted = mark()
    content = some(before) + wanted.needle + some(after)
    assert ResidueSearch([wanted]).in_chunks([content]) == [Hit(0, before)]


@pytest.mark.parametrize("cut", range(1, 60))
def test_mark_across_chunks_is_found_once(cut):
    wanted = mark()
    content = some(20) + wanted.needle + some(20)
    pieces = [content[:cut], content[cut:]]
    assert ResidueSearch([wanted]).in_chunks(pieces) == [Hit(0, 20)]
    assert ResidueSearch([wanted]).in_chunks([bytes([each]) for each in content]) == [Hit(0, 20)]


def test_search_agrees_with_a_naive_one_on_many_marks():
    marks = [mark() for _ in range(300)]
    content = bytearray(some(200_000))
    for place, start in enumerate(RNG.integers(0, 199_000, 100)):
        content[start : start + MARK_BYTES] = marks[place % 50].needle
    expected = naive(marks, bytes(content))
    chunks = [bytes(content[start : start + 777]) for start in range(0, len(content), 777)]
    assert {(hit.mark, hit.offset) for hit in ResidueSearch(marks).in_chunks(chunks)} == expected
    assert len(expected) > 40


def test_near_miss_is_not_found():
    wanted = mark()
    for place in range(MARK_BYTES):
        changed = bytearray(wanted.needle)
        changed[place] ^= 1
        assert ResidueSearch([wanted]).in_chunks([some(8) + bytes(changed) + some(8)]) == []


def test_same_mark_of_two_deletions_is_found_for_both():
    wanted = mark()
    assert ResidueSearch([wanted, wanted]).in_chunks([wanted.needle]) == [Hit(0, 0), Hit(1, 0)]


def test_nothing_to_look_for_finds_nothing(tmp_path):
    (tmp_path / "file").write_bytes(some(1000))
    assert ResidueSearch([]).in_file(tmp_path / "file") == ([], 1000)


@pytest.mark.parametrize("n_before", range(6))
@pytest.mark.parametrize("width", [0, 76])
def test_picture_in_a_notebooks_output_is_found_in_base64(tmp_path, n_before, width):
    picture = some(5000)
    marks = marks_of(MarkKind.PICTURE, "", picture)
    text = base64.b64encode(some(n_before) + picture).decode()
    if width:
        text = "\n".join(text[start : start + width] for start in range(0, len(text), width))
    notebook = {"cells": [{"outputs": [{"data": {"image/jpeg": text}}]}]}
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook))
    hits, _ = ResidueSearch(marks).in_file(tmp_path / "a.ipynb")
    assert {hit.mark for hit in hits} == set(range(len(marks)))
    assert all(hit.in_base64 for hit in hits)


@pytest.mark.parametrize("n_before", range(0, 60, 3))
def test_picture_in_a_notebooks_list_of_lines_is_found_whole(tmp_path, n_before):
    picture = some(5000)
    marks = marks_of(MarkKind.PICTURE, "", picture)
    lines = base64.encodebytes(some(n_before) + picture).decode().splitlines(keepends=True)
    notebook = {"cells": [{"outputs": [{"data": {"text/html": ["<img src='data:image/jpeg;base64,", *lines]}}]}]}
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook, indent=1))
    hits, _ = ResidueSearch(marks).in_file(tmp_path / "a.ipynb")
    assert {hit.mark for hit in hits} == set(range(len(marks)))


def test_picture_in_an_address_is_found_in_the_letters_of_the_web(tmp_path):
    needle = bytes.fromhex("fbefbefbefbe0102030405060708090a")
    (tmp_path / "a.html").write_bytes(base64.urlsafe_b64encode(needle + some(8)))
    hits, _ = ResidueSearch([Mark(MarkKind.PICTURE, "", needle)]).in_file(tmp_path / "a.html")
    assert hits != []


def test_ciphertext_is_not_looked_for_in_base64(tmp_path):
    sealed = some(500)
    (tmp_path / "a.txt").write_bytes(base64.b64encode(sealed))
    hits, _ = ResidueSearch(marks_of(MarkKind.CIPHERTEXT, "K-1", sealed)).in_file(tmp_path / "a.txt")
    assert hits == []


@pytest.mark.parametrize("skip", range(3))
def test_mark_reads_the_same_in_base64_whatever_stands_before(skip):
    needle = some(MARK_BYTES)
    text = base64.b64encode(some(3 - skip if skip else 0) + needle + some(40))
    assert any(each in text for each in written_as_text(needle))
    assert all(len(each) == MARK_BYTES for each in written_as_text(needle))


def test_marks_of_a_picture_leave_out_its_beginning_and_runs_of_one_byte():
    header = some(200)
    one, other = header + bytes(3000) + some(3000), header + bytes(3000) + some(3000)
    first, second = (marks_of(MarkKind.PICTURE, "", each) for each in (one, other))
    assert first
    assert not {each.needle for each in first} & {each.needle for each in second}
    assert marks_of(MarkKind.PICTURE, "", bytes(6000)) == []
    assert marks_of(MarkKind.TEMPLATE, "", b"short") == []


def test_marks_of_real_jpegs_are_their_own(portrait):
    import io

    from PIL import Image

    def jpeg(pixels):
        encoded = io.BytesIO()
        Image.fromarray(pixels).save(encoded, "JPEG")
        return encoded.getvalue()

    one, other = jpeg(portrait), jpeg(portrait[::-1])
    marks = marks_of(MarkKind.PICTURE, "", one)
    assert len(marks) == 2
    assert ResidueSearch(marks).in_chunks([other]) == []
    assert len(ResidueSearch(marks).in_chunks([one])) == 2


def test_memory_does_not_grow_with_the_file(tmp_path, monkeypatch):
    import tracemalloc

    monkeypatch.setattr(residue, "_CHUNK", 1 << 16)
    search = ResidueSearch([mark() for _ in range(10)])
    peaks = []
    for size in (1 << 20, 1 << 23):
        (tmp_path / "file").write_bytes(b"\0" + some(size))
        tracemalloc.start()
        search.in_file(tmp_path / "file")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]
