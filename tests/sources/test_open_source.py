"""Referee: the class that each place names."""

import subprocess
import sys

import pytest
from PIL import Image

from lfr_kit.errors import SettingError, SourceNotFoundError, SourceUnreadableError
from lfr_kit.sources import open_source
from lfr_kit.stages import FrameSource
from tests.sources.conftest import numbered


def kind(source):
    assert isinstance(source, FrameSource)
    return type(source).__name__


def test_open_source_file_folder_and_picture(video):
    Image.fromarray(numbered(1)).save(video.parent / "one.png")
    assert kind(open_source(video)) == kind(open_source(str(video))) == "VideoFile"
    assert kind(open_source(video.parent)) == "ImageFolder"
    assert kind(open_source(video.parent / "one.png")) == "ImageFolder"


def test_open_source_gif_is_footage(tmp_path):
    Image.fromarray(numbered(1)).save(tmp_path / "a.gif")
    assert kind(open_source(tmp_path / "a.gif")) == "VideoFile"


@pytest.mark.parametrize(
    ("where", "camera_id"),
    [
        (0, "camera:0"),
        ("camera:2", "camera:2"),
        ("rtsp://me:word@10.0.0.5/door?key=1", "rtsp://10.0.0.5/door"),
        ("http://10.0.0.5/mjpg", "http://10.0.0.5/mjpg"),
    ],
)
def test_open_source_camera_by_number_or_address(where, camera_id):
    source = open_source(where)
    assert kind(source) == "Camera"
    assert source.camera_id == camera_id
    assert source.n_frames is None


def test_open_source_walkthrough_takes_its_settings():
    assert open_source("walkthrough", seconds=2.0, fps=10.0).n_frames == 20


def test_open_source_settings_reach_the_source(video):
    assert open_source(video, every_nth=4).n_frames == 5


def test_open_source_unknown_setting_lists_the_right_ones(video):
    with pytest.raises(SettingError, match="every_nth"):
        open_source(video, evry_nth=4)


@pytest.mark.parametrize("where", ["nowhere.mp4", "camera:front", "walkthru", ""])
def test_open_source_nothing_there_raises_not_found(tmp_path, monkeypatch, where):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((SourceNotFoundError, SourceUnreadableError)):
        open_source(where)


def test_open_source_import_is_light():
    code = "import sys, lfr_kit.sources; print(sorted({'av', 'cv2', 'PIL', 'torch'} & set(sys.modules)))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
    )
