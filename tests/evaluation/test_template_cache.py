"""Sealed templates: what is kept, for how long, and that nobody else can read or prolong it."""

from __future__ import annotations

import stat
from datetime import date, timedelta

import numpy as np
import pytest

from evaluation.trial_scene import folder_trial, painted_stages
from lfr_kit.errors import KeyMissingError, TamperedError
from lfr_kit.evaluation.template_cache import Acquired, TemplateCache
from lfr_kit.evaluation.trial_passes import forget_people, templates_of_trial
from lfr_kit.evaluation.trial_tables import read_manifest

TODAY = date(2026, 5, 4)
UNTIL = date(2026, 6, 1)
FACE = Acquired(np.linspace(-0.5, 0.5, 16, dtype=np.float32), quality=71.5)


def cache(tmp_path, today=TODAY):
    return TemplateCache(tmp_path / "templates", tmp_path / "keys" / "trials.key", today=today)


@pytest.fixture
def kept(tmp_path):
    found = cache(tmp_path)
    found.put("digest", "recipe", FACE, UNTIL)
    return found


def test_what_is_kept_comes_back_to_the_bit(kept):
    found = kept.get("digest", "recipe", UNTIL)
    assert found.vector.tobytes() == FACE.vector.tobytes()
    assert (found.quality, found.reason) == (71.5, "")
    assert kept.get("digest", "other recipe", UNTIL) is None
    kept.put("dark", "recipe", Acquired(None, reason="no_face"), UNTIL)
    assert kept.get("dark", "recipe", UNTIL).reason == "no_face"
    assert kept.get("dark", "recipe", UNTIL).vector is None


def test_folder_and_key_are_their_owners_alone_and_hold_nothing_readable(kept, tmp_path):
    (path,) = kept.folder.iterdir()
    assert stat.S_IMODE(kept.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys" / "trials.key").stat().st_mode) == 0o600
    content = path.read_bytes()
    assert FACE.vector.tobytes()[:8] not in content
    assert b"quality" not in content
    assert "digest" not in path.name


def test_expired_template_is_not_given_but_deleted(kept, tmp_path):
    assert cache(tmp_path, UNTIL).get("digest", "recipe", UNTIL) is not None
    later = cache(tmp_path, UNTIL + timedelta(days=1))
    assert later.get("digest", "recipe", date(2030, 1, 1)) is None
    assert len(later) == 0


def test_forget_expired_takes_what_is_over_and_what_a_killed_run_left(kept, tmp_path):
    kept.put("longer", "recipe", FACE, date(2026, 9, 1))
    (kept.folder / "x.123.partial").write_bytes(b"half")
    assert kept.forget_expired() == 1
    assert cache(tmp_path, date(2026, 7, 1)).forget_expired() == 1
    assert len(kept) == 1


def test_earlier_of_two_dates_counts(kept, tmp_path):
    kept.get("digest", "recipe", date(2026, 5, 10))
    kept.get("digest", "recipe", date(2027, 5, 10))
    assert cache(tmp_path, date(2026, 5, 11)).get("digest", "recipe", UNTIL) is None


def test_template_whose_date_was_prolonged_or_bytes_changed_does_not_open(kept):
    (path,) = kept.folder.iterdir()
    content = path.read_bytes()
    path.write_bytes(b"2029-01-01" + content[10:])
    with pytest.raises(TamperedError):
        kept.get("digest", "recipe", UNTIL)
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(TamperedError):
        kept.get("digest", "recipe", UNTIL)


def test_template_moved_to_another_picture_does_not_open(kept):
    (path,) = kept.folder.iterdir()
    content = path.read_bytes()
    kept.put("another", "recipe", FACE, UNTIL)
    (other,) = set(kept.folder.iterdir()) - {path}
    other.write_bytes(content)
    with pytest.raises(TamperedError):
        kept.get("another", "recipe", UNTIL)


def test_key_that_others_may_read_or_that_lies_beside_is_refused(kept, tmp_path):
    (tmp_path / "keys" / "trials.key").chmod(0o644)
    with pytest.raises(KeyMissingError, match="chmod 600"):
        cache(tmp_path)
    with pytest.raises(KeyMissingError, match="among the templates"):
        TemplateCache(tmp_path / "templates", tmp_path / "templates" / "trials.key", today=TODAY)


def test_forget_one_person_leaves_the_others(tmp_path):
    found = read_manifest(folder_trial(tmp_path))
    place = cache(tmp_path)
    templates_of_trial(found, painted_stages(), place)
    assert len(place) == 40
    assert forget_people(found, [0], place) == 3
    assert templates_of_trial(found, painted_stages(), place).n_cached == 37
    assert place.forget_all() == 40
