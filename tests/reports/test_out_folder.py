from __future__ import annotations

import pytest
from hand_made import make_run

from lfr_kit.errors import OutputError
from lfr_kit.reports.out_folder import OutFolder
from lfr_kit.reports.results import write_results


def test_out_folder_check_makes_nothing(tmp_path):
    OutFolder(tmp_path / "new").check()
    assert list(tmp_path.iterdir()) == []


def test_out_folder_with_other_things_is_refused_without_force(tmp_path):
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(OutputError, match=r"thesis\.docx.*--force"):
        OutFolder(tmp_path).check()
    OutFolder(tmp_path).check(force=True)


def test_out_folder_of_an_earlier_run_is_free(tmp_path):
    write_results(OutFolder(tmp_path), make_run(), with_page=True, with_clip=False)
    OutFolder(tmp_path).check()


def test_out_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file"):
        OutFolder(tmp_path / "file").check(force=True)


def test_results_of_a_run_replace_all_of_an_earlier_one_and_nothing_else(tmp_path):
    out = OutFolder(tmp_path / "out")
    write_results(out, make_run(), with_page=True, with_clip=False)
    (out.path / "thesis.docx").write_text("mine")
    out.clip.write_bytes(b"of the earlier run")
    files = write_results(out, make_run(alerts=()), with_page=False, with_clip=False)
    assert sorted(f.name for f in out.path.iterdir()) == ["alerts.csv", "alerts.jsonl", "thesis.docx"]
    assert files == {"alert_lines": out.lines, "alert_table": out.table}
    assert out.lines.read_text() == ""


def test_results_in_a_place_nobody_may_write_are_an_output_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        write_results(OutFolder(tmp_path / "file" / "out"), make_run(), with_page=False, with_clip=False)


def test_out_folder_below_a_file_is_refused_before_the_run(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file is a file"):
        OutFolder(tmp_path / "file" / "a" / "out").check(force=True)


@pytest.mark.parametrize("name", ["out", "new/out"])
def test_out_folder_nobody_may_write_to_is_refused_before_the_run(tmp_path, monkeypatch, name):
    (tmp_path / "out").mkdir()
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(OutputError, match="no permission"):
        OutFolder(tmp_path / name).check()


def test_out_folder_with_a_name_too_long_is_refused(tmp_path):
    with pytest.raises(OutputError, match=r"not written: .*choose another folder"):
        OutFolder(tmp_path / ("a" * 300)).check()


def test_out_folder_with_a_folder_in_the_place_of_a_file_is_refused(tmp_path):
    (tmp_path / "alerts.csv").mkdir()
    with pytest.raises(OutputError, match=r"alerts\.csv: is a folder"):
        OutFolder(tmp_path).check()
