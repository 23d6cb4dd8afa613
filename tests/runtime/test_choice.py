from __future__ import annotations

import subprocess
import sys

import pytest

from lfr_kit.errors import SettingError
from lfr_kit.runtime import choice
from lfr_kit.runtime.choice import check_precision, choose_executor


@pytest.mark.parametrize(("has_cuda", "expected"), [(True, "torch"), (False, "openvino")])
def test_choose_executor_auto_follows_cuda(monkeypatch, has_cuda, expected):
    monkeypatch.setattr(choice, "_has_cuda", lambda: has_cuda)
    assert choose_executor("auto") == expected


@pytest.mark.parametrize("name", ["openvino", "torch"])
def test_choose_executor_a_name_is_taken_as_it_is(name):
    assert choose_executor(name) == name


def test_choose_executor_without_a_driver_does_not_import_torch():
    code = (
        "import sys; from lfr_kit.runtime import choice; choice._NVIDIA_DRIVER = ();"
        "print(choice.choose_executor('auto'), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["openvino", "False"]


def test_unknown_names_list_the_right_ones():
    with pytest.raises(SettingError, match="openvino, torch"):
        choose_executor("tensorrt")
    with pytest.raises(SettingError, match="f32, bf16"):
        check_precision("int8")
