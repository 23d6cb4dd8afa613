"""How commands speak of what went wrong."""

from __future__ import annotations

import pytest

from lfr_kit.cli.output import console, report_error, results
from lfr_kit.errors import InputError


def test_report_error_writes_out_signs_that_turn_or_wipe_the_line(capsys):
    report_error(InputError("name 'Ada\x1b[2J\u202e\r': mend it\nor leave it out"), as_json=False)
    said = capsys.readouterr().err
    assert said == "lfr: name 'Ada\\x1b[2J\\u202e\\x0d': mend it\nor leave it out\n"


@pytest.mark.parametrize("make", [console, results])
def test_what_an_embedding_space_is_called_is_no_picture(make, capsys):
    make().print("own:v:1")
    assert "own:v:1" in "".join(capsys.readouterr())
