"""Cards: complete, distinct, documented; and light to import."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from lfr_kit import models
from lfr_kit.errors import UnknownModelError
from lfr_kit.models import Address, InstalledFile, ModelCard, PackageFile, card, cards, default_names

DOCS = Path(__file__).parents[2] / "docs" / "models.md"


def test_cards_names_of_the_house_are_all_there():
    assert [each.name for each in cards()] == [
        *("blazeface_short_range", "blazeface_full_range", "face_mesh", "dlib_resnet"),
        *("facenet_vggface2", "facenet_casia_webface", "yunet"),
        *("portrait_grace_hopper", "portrait_eileen_collins"),
        *("portrait_obama_1", "portrait_obama_2", "portrait_obama_3", "portrait_biden"),
    ]


def test_cards_files_are_distinct():
    names = [each.file_name for each in cards()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("each", cards(), ids=lambda each: each.name)
def test_card_is_complete(each: ModelCard):
    assert each.licence
    assert each.origin
    assert each.what
    assert each.size_bytes > 0
    assert each.sources
    assert all(isinstance(source, InstalledFile | PackageFile | Address) for source in each.sources)
    digests = [each.sha256, each.attested_sha256]
    digests += [source.archive_sha256 for source in each.sources if isinstance(source, PackageFile)]
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests if digest)
    assert all(source.url.startswith("https://") for source in each.sources if isinstance(source, Address))
    assert (each.embedding_space is not None) == (each.dimension is not None) == (each.task == "embedding")


@pytest.mark.parametrize("each", cards(), ids=lambda each: each.name)
def test_card_without_package_says_what_serves_instead(each: ModelCard):
    has_package = any(not isinstance(source, Address) for source in each.sources)
    assert has_package == each.is_default
    assert has_package or each.without_it


def test_default_names_are_what_no_download_site_is_needed_for():
    assert {"facenet_vggface2", "facenet_casia_webface", "yunet"} == {each.name for each in cards()} - set(
        default_names()
    )


def test_card_unknown_name_lists_the_right_ones():
    with pytest.raises(UnknownModelError, match=r"did you mean 'dlib_resnet'.*blazeface_short_range.*yunet"):
        card("dlib_resnt")


@pytest.mark.parametrize("file_name", ["../evil.bin", "/etc/evil", "a/b", "a\\b", ".."])
def test_card_file_name_outside_the_folder_is_refused(file_name):
    fields = dict.fromkeys(("name", "task", "what", "licence", "origin"), "x")
    with pytest.raises(ValueError, match="bare name"):
        ModelCard(**fields, file_name=file_name, size_bytes=1, sha256=None, sources=())


@pytest.mark.parametrize("each", cards(), ids=lambda each: each.name)
def test_docs_have_a_row_for_the_card(each: ModelCard):
    row = next((line for line in DOCS.read_text().splitlines() if line.startswith(f"| `{each.name}` |")), "")
    assert each.file_name in row
    assert each.licence in row
    assert each.origin in row


def test_docs_say_how_to_bring_facenet_by_hand():
    text = DOCS.read_text()
    assert "lfr models import facenet_vggface2" in text
    assert card("facenet_vggface2").sources[0].url in text


def test_all_is_exactly_what_can_be_imported():
    assert models.__all__ == sorted(models.__all__)
    assert all(hasattr(models, name) for name in models.__all__)


def test_import_loads_standard_library_and_pydantic_only():
    code = (
        "import sys, lfr_kit.models; heavy = {'numpy', 'torch', 'cv2', 'rich', 'typer', 'urllib.request', 'pip'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
