"""How commands speak of what went wrong."""

from __future__ import annotations

from lfr_kit.cli.output import report_error
from lfr_kit.errors import InputError


def test_report_error_writes_out_signs_that_turn_or_wipe_the_line(capsys):
    report_error(InputError("name 'Ada\x1b[2J\u202e\r': mend it\nor leave it out"), as_json=False)
    said = capsys.readouterr().err
    assert said == "lfr: name 'Ada\\x1b[2J\\u202e\\x0d': mend it\nor leave it out\n"
